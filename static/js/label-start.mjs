// Colours the places that the labels will take on the first sheet, from the chosen start.
export default function (sheet) {
  const count = Number(sheet.dataset.count);
  const labels = [...sheet.querySelectorAll(".cut-label")];
  const colour = () => {
    const start = labels.findIndex((label) => label.querySelector("input").checked);
    labels.forEach((label, at) => label.toggleAttribute("data-used", at >= start && at < start + count));
  };
  sheet.addEventListener("change", colour);
  colour();
}

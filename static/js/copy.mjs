// A button that copies a code; it appears only where the browser can.
export default function (button) {
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.classList.add("copied");
    button.dataset.said = button.dataset.done;
    setTimeout(() => { button.classList.remove("copied"); delete button.dataset.said; }, 1600);
  });
}

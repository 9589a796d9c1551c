// A scan gun ends with Enter, which would send a form half filled: here it goes on to the next question.
export default function (element) {
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("input")) return;
    event.preventDefault();
    const fields = [...event.target.form.querySelectorAll("input:not([type=hidden]), select, textarea, button")];
    fields[fields.indexOf(event.target) + 1]?.focus();
  });
}

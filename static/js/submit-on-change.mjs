// A form that only chooses what is shown sends itself; its button is for when there is no script.
export default function (form) {
  form.querySelector("button[type=submit]").hidden = true;
  form.addEventListener("change", () => form.requestSubmit());
}

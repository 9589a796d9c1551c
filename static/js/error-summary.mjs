// Brings the reader to what must be put right.
export default function (summary) {
  summary.focus();
}

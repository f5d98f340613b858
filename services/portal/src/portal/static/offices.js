// An office is mostly where its administrator is: an empty time zone begins with the browser's, if the list has it.
const field = document.querySelector("[data-own-zone]");

function fill() {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!field.value && document.querySelector(`#zones option[value="${CSS.escape(own)}"]`)) field.value = own;
}

if (field) setTimeout(fill); // Intl's first use is a long task, which this makes one of its own

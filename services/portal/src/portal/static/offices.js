// An office is mostly where its administrator is: an empty time zone begins with the browser's, if the list has it.
const field = document.querySelector("[data-own-zone]");
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (field && !field.value && document.querySelector(`#zones option[value="${CSS.escape(own)}"]`)) field.value = own;

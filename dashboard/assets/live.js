// What scripts add to pages that work without them: buttons that copy, parts that are read again, lists that grow.
const MOST_SHOWN = 200, RETRY_MS = 1000;

function showCopyButtons() {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
}
showCopyButtons();
document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (button === null) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  button.textContent = "Copied";
  setTimeout(() => button.textContent = "Copy", 1500);
});

for (const field of document.querySelectorAll("[data-zone]")) {
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
}

// Not while nobody looks, and not under somebody's keyboard.
setInterval(() => {
  if (document.hidden) return;
  for (const place of document.querySelectorAll("[data-refresh]")) {
    place.waited = (place.waited ?? 0) + 1;
    if (place.waited < Number(place.dataset.refresh) || place.contains(document.activeElement)) continue;
    place.waited = 0;
    htmx.trigger(place, "refresh");
  }
}, 1000);
for (const failed of ["htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(failed, ({ target }) => {
    const status = target.querySelector?.(':scope > [role="status"]');
    if (status) say(status, "Reconnecting…", "broken");
  });
}

function say(status, text, state) {
  status.textContent = text;
  status.className = state;
}

for (const tail of document.querySelectorAll("[data-live]")) follow(tail);

function follow(tail) {
  const status = document.getElementById(tail.dataset.status);
  let after = tail.dataset.after;
  const open = () => {
    const address = new URL(tail.dataset.live, location);
    if (after) address.searchParams.set("after", after);
    const source = new EventSource(address);
    source.addEventListener("open", () => say(status, "Live", "live"));
    source.addEventListener("item", ({ data, lastEventId }) => {
      after = lastEventId;
      show(tail, JSON.parse(data));
    });
    source.addEventListener(
      "gap",
      () => say(status, "Live; some items expired before they could be shown", "live"),
    );
    source.addEventListener("cut", () => {
      const line = document.createElement("li");
      line.className = "soft";
      line.textContent = "… more than can be shown";
      tail.prepend(line);
    });
    // A new request, so that it begins after the last item that was shown.
    source.addEventListener("error", () => {
      source.close();
      say(status, "Reconnecting…", "broken");
      setTimeout(open, RETRY_MS);
    });
  };
  open();
}

// Text only: what is stored never becomes a part of the page.
function show(tail, item) {
  const line = document.createElement("li"), link = document.createElement("a");
  link.href = `${tail.dataset.items}/${item.id}`;
  link.textContent = item.timestamp.slice(11, 23);
  const content = document.createElement("code");
  content.textContent = item.data === undefined ? item.contentType : item.data.slice(0, 400);
  line.append(link, content);
  tail.prepend(line);
  document.getElementById(tail.dataset.empty)?.remove();
  while (tail.children.length > MOST_SHOWN) tail.lastElementChild.remove();
}

// What scripts add to pages that work without them: buttons that copy, and lists that grow while one looks.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
    setTimeout(() => button.textContent = "Copy", 1500);
  });
}

const MOST_SHOWN = 200, RETRY_MS = 1000;
for (const tail of document.querySelectorAll("[data-live]")) follow(tail);

function follow(tail) {
  const status = document.getElementById(tail.dataset.status);
  let after = tail.dataset.after;
  const say = (text, state) => {
    status.textContent = text;
    status.className = state;
  };
  const open = () => {
    const source = new EventSource(`${tail.dataset.live}?after=${encodeURIComponent(after)}`);
    source.addEventListener("open", () => say("Live", "live"));
    source.addEventListener("item", ({ data, lastEventId }) => {
      after = lastEventId;
      show(tail, JSON.parse(data));
    });
    source.addEventListener("gap", () => say("Live; some items expired before they could be shown", "live"));
    // A new request, so that it begins after the last item that was shown.
    source.addEventListener("error", () => {
      source.close();
      say("Reconnecting…", "broken");
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

// Keeps the page up to date: fetches it again and puts its contents in place of the old ones, while somebody looks at it.
// What was opened stays open, the focus stays where it is, and nothing moves.
"use strict";
(() => {
  const EVERY = 30_000;
  const stale = document.getElementById("stale");
  const announced = document.getElementById("announced");
  let loaded = Date.now();
  let running = false;

  const main = () => document.getElementById("main");

  const noteRhythm = () => {
    for (const place of document.querySelectorAll(".rhythm")) place.textContent = ", refreshed every 30 seconds";
  };

  // What the focus is on, in words that find its like in the new contents.
  const focused = () => {
    const element = document.activeElement;
    if (!element || element === main() || !main().contains(element)) return null;
    if (element.tagName === "SUMMARY" && element.parentElement.id) {
      return () => document.getElementById(element.parentElement.id)?.querySelector("summary");
    }
    const href = element.getAttribute("href");
    const alike = [...main().querySelectorAll("a")].filter((link) => link.getAttribute("href") === href);
    const place = alike.indexOf(element);
    return () => [...main().querySelectorAll("a")].filter((link) => link.getAttribute("href") === href)[place];
  };

  const isSelecting = () => {
    const selection = document.getSelection();
    return selection && !selection.isCollapsed && main().contains(selection.anchorNode);
  };

  const replace = (page) => {
    const fresh = page.getElementById("main");
    if (!fresh) throw new Error("no contents");
    const opened = new Map([...main().querySelectorAll("details[id]")].map((one) => [one.id, one.open]));
    const find = focused();
    const scrolled = [window.scrollX, window.scrollY];
    for (const one of fresh.querySelectorAll("details[id]")) {
      if (opened.has(one.id)) one.open = opened.get(one.id);
    }
    main().replaceChildren(...fresh.childNodes);
    find?.()?.focus({ preventScroll: true });
    window.scrollTo(...scrolled);
    if (document.title !== page.title) {
      document.title = page.title;
      announced.textContent = page.title;
    }
    noteRhythm();
  };

  const refresh = async () => {
    if (running || document.hidden || isSelecting()) return;
    running = true;
    try {
      const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(20_000) });
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      replace(new DOMParser().parseFromString(await answer.text(), "text/html"));
      loaded = Date.now();
      stale.hidden = true;
    } catch {
      const minutes = Math.max(1, Math.round((Date.now() - loaded) / 60_000));
      const words = `mailprobe does not answer. What stands here is ${minutes} minute${minutes === 1 ? "" : "s"} old.`;
      if (stale.textContent !== words) stale.textContent = words;
      stale.hidden = false;
    } finally {
      running = false;
    }
  };

  noteRhythm();
  setInterval(refresh, EVERY);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && Date.now() - loaded > EVERY) refresh();
  });
})();

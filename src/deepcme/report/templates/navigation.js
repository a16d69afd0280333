// The contents: where the reader is, a drawer on narrow screens, folded parts that links lead into.
const contents = document.getElementById("contents");
if (contents) {
  const links = [...contents.querySelectorAll("ol a")];
  const headings = links.map((link) => document.getElementById(link.hash.slice(1)));
  const mark = () => {
    const line = window.innerHeight / 4;
    const passed = headings.filter((heading) => heading.getBoundingClientRect().top < line);
    // At the end of the page the last section is the one that is read, however short.
    const { scrollHeight } = document.documentElement;
    const atEnd = window.scrollY > 0 && window.scrollY + window.innerHeight >= scrollHeight - 2;
    const current = atEnd ? links.length - 1 : passed.length - 1;
    links.forEach((link, place) => {
      if (place !== current) link.removeAttribute("aria-current");
      else if (!link.hasAttribute("aria-current")) {
        link.setAttribute("aria-current", "location");
        // Within the contents alone: the page stays where it is.
        const { offsetTop, offsetHeight } = link;
        const { scrollTop, clientHeight } = contents;
        if (offsetTop < scrollTop || offsetTop + offsetHeight > scrollTop + clientHeight) {
          contents.scrollTop = offsetTop - clientHeight / 2;
        }
      }
    });
  };
  const watch = new IntersectionObserver(mark, { rootMargin: "0px 0px -75% 0px", threshold: [0, 1] });
  for (const heading of headings) watch.observe(heading);
  window.addEventListener("scrollend", mark);

  const open = document.getElementById("open-contents");
  const close = document.getElementById("close-contents");
  const others = [...document.body.children].filter((element) => element !== contents);
  const setOpen = (isOpen) => {
    contents.classList.toggle("open", isOpen);
    open.setAttribute("aria-expanded", String(isOpen));
    // What is behind the drawer is out of reach, for keys and for screen readers too.
    for (const element of others) element.inert = isOpen;
    if (isOpen) (contents.querySelector("[aria-current]") || close).focus();
  };
  const shut = () => {
    if (!contents.classList.contains("open")) return;
    setOpen(false);
    open.focus();
  };
  open.hidden = close.hidden = false;
  open.addEventListener("click", () => setOpen(true));
  close.addEventListener("click", shut);
  contents.addEventListener("click", (event) => {
    if (event.target.closest("a")) setOpen(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") shut();
  });
  document.addEventListener("pointerdown", (event) => {
    if (!contents.contains(event.target)) shut();
  });
  window.matchMedia("(min-width: 68.75rem)").addEventListener("change", () => setOpen(false));
}

const unfold = () => {
  const target = document.getElementById(decodeURIComponent(window.location.hash.slice(1)));
  if (!target) return;
  let folded = target.closest("details:not([open])");
  if (!folded) return;
  for (; folded; folded = target.closest("details:not([open])")) folded.open = true;
  target.scrollIntoView();
};
window.addEventListener("hashchange", unfold);
unfold();

const backToTop = document.getElementById("back-to-top");
const tell = () => {
  backToTop.hidden = window.scrollY < 2 * window.innerHeight;
};
window.addEventListener("scroll", tell, { passive: true });
tell();

let openedToPrint = [];
window.addEventListener("beforeprint", () => {
  openedToPrint = [...document.querySelectorAll("details:not([open])")];
  for (const folded of openedToPrint) folded.open = true;
});
window.addEventListener("afterprint", () => {
  for (const folded of openedToPrint) folded.open = false;
});

/* Building and patching the page.
 *
 * Every part draws itself anew from the state; what stands there is then changed into what was drawn, so that focus, scroll position, opened
 * folds and half-typed text survive an update. Text always becomes text nodes: nothing that came from outside is ever parsed as HTML.
 */
const HANDLERS = Symbol("handlers");
const KEY = Symbol("key");
const SIGNATURE = Symbol("signature");
const OWN = Symbol("own");

/** An element. `props`: attributes, `on…` handlers, `key` (identity among its siblings), `own` (looks after its inside itself). */
export function el(tag, props = {}, ...children) {
  return dress(document.createElement(tag), props, children);
}

/** The same for SVG. */
export function svg(tag, props = {}, ...children) {
  return dress(document.createElementNS("http://www.w3.org/2000/svg", tag), props, children);
}

function dress(node, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "key") node[KEY] = value;
    else if (name === "own") node[OWN] = true;
    else if (name.startsWith("on")) listen(node, name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return node;
}

function listen(node, type, handler) {
  node[HANDLERS] ??= {};
  if (!(type in node[HANDLERS])) node.addEventListener(type, dispatch);
  node[HANDLERS][type] = handler;
}

function dispatch(event) {
  event.currentTarget[HANDLERS][event.type]?.(event);
}

/** Changes `old` into `fresh` in place where both are the same kind of thing; returns what then stands there. */
export function morph(old, fresh) {
  if (!alike(old, fresh)) {
    old.replaceWith(fresh);
    return fresh;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return old;
  }
  if (old[OWN]) return old;
  morphAttributes(old, fresh);
  morphHandlers(old, fresh);
  morphChildren(old, fresh);
  return old;
}

function alike(old, fresh) {
  return old.nodeName === fresh.nodeName && old[KEY] === fresh[KEY] && old.type === fresh.type;
}

function morphAttributes(old, fresh) {
  for (const { name } of [...old.attributes]) {
    const theReaders = name === "open" && old.nodeName === "DETAILS"; // a fold stays as it was left
    if (!theReaders && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}

function morphHandlers(old, fresh) {
  for (const type of Object.keys(old[HANDLERS] ?? {})) old[HANDLERS][type] = undefined;
  for (const [type, handler] of Object.entries(fresh[HANDLERS] ?? {})) listen(old, type, handler);
}

function morphChildren(old, fresh) {
  let here = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    const same = child[KEY] === undefined ? here : ahead(here, child[KEY]);
    if (!same || !alike(same, child)) {
      old.insertBefore(child, here);
      continue;
    }
    while (here !== same) here = removed(here);
    here = same.nextSibling;
    morph(same, child);
  }
  while (here) here = removed(here);
}

function ahead(node, key) {
  while (node && node[KEY] !== key) node = node.nextSibling;
  return node;
}

function removed(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

/** Shows `items` ({key, signature, draw}) as the children of `parent`; those whose signature did not change are left alone. */
export function list(parent, items) {
  const standing = new Map([...parent.children].map((child) => [child[KEY], child]));
  let place = parent.firstElementChild;
  for (const { key, signature, draw } of items) {
    let node = standing.get(key);
    standing.delete(key);
    if (!node || node[SIGNATURE] !== signature) node = redrawn(node, draw(), key, signature);
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
  for (const gone of standing.values()) gone.remove();
}

function redrawn(node, fresh, key, signature) {
  fresh[KEY] = key;
  const now = node ? morph(node, fresh) : fresh;
  now[SIGNATURE] = signature;
  return now;
}

/** Shows `children` inside `parent`, patching what is there. */
export function show(parent, ...children) {
  morphChildren(parent, el("div", {}, ...children));
}

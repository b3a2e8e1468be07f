// Gives a list of what is wrong with the layout of the page as it stands: sentences with the text that they are about.
// Rules: no text is cut off by a box that does not scroll (unless its title says it whole); a text in a drawing stays in its
// box (the rect.box or [data-fits] of its group) and in its drawing; no two texts lie on each other; nothing opaque lies on a
// text in a drawing, no line crosses it, and it does not lie half on a shape; the page does not scroll sideways.
(() => {
  const SLACK = 1; // px that rounding may take
  const problems = new Set();
  const quoted = (text) => `“${text.trim().replace(/\s+/g, " ").slice(0, 60)}”`;
  const overlap = (a, b) => ({
    x: Math.min(a.right, b.right) - Math.max(a.left, b.left),
    y: Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top),
  });
  const isInside = (inner, outer) =>
    inner.left >= outer.left - SLACK && inner.right <= outer.right + SLACK &&
    inner.top >= outer.top - SLACK && inner.bottom <= outer.bottom + SLACK;

  /** What letters cover: a line's box less the room above and below them. */
  const ink = ({ left, right, top, bottom }) => {
    const height = bottom - top;
    return { left, right, top: top + height * 0.22, bottom: bottom - height * 0.2 };
  };

  /** The part of `inner` that lies in `outer`. */
  const within = (inner, outer) => ({
    left: Math.max(inner.left, outer.left), right: Math.min(inner.right, outer.right),
    top: Math.max(inner.top, outer.top), bottom: Math.min(inner.bottom, outer.bottom),
  });

  /** For screen readers only: clipped to nothing. */
  const isForReaders = (element) => {
    for (let at = element; at instanceof Element; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.clipPath.startsWith("inset(50%") || (style.overflow === "hidden" && at.clientWidth <= 1 && at.clientHeight <= 1 && at instanceof HTMLElement)) {
        return true;
      }
    }
    return false;
  };
  const isShown = (element) =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true }) && !isForReaders(element);

  /** What floats above the page is a layer: it may cover what lies below it. */
  const layer = (element) => {
    for (let at = element; at instanceof Element; at = at.parentElement) {
      if (["sticky", "fixed"].includes(getComputedStyle(at).position) || at.matches("dialog, [role=dialog], [popover], [data-floats]")) {
        return at;
      }
    }
    return null;
  };

  const drawing = (element) => {
    let svg = element.ownerSVGElement;
    while (svg?.ownerSVGElement) {
      svg = svg.ownerSVGElement;
    }
    return svg;
  };

  // Every line of text that is shown: the words, the element that they are in, and where its letters are.
  const lines = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const element = node.parentElement;
    if (!node.data.trim() || ["SCRIPT", "STYLE", "NOSCRIPT", "title", "desc"].includes(element.tagName) || !isShown(element)) {
      continue;
    }
    const range = document.createRange();
    range.selectNodeContents(node);
    const owner = element.closest("text") ?? element;
    for (const box of range.getClientRects()) {
      if (box.width > 0 && box.height > 0) {
        lines.push({ text: node.data, owner, box: ink(box), layer: layer(element) });
      }
    }
  }

  // Cut off by a box that hides what does not fit.
  for (const line of lines) {
    if (line.owner.closest("svg")) {
      continue;
    }
    for (let at = line.owner; at && at !== document.documentElement; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.display === "inline" || style.display === "contents") {
        continue;
      }
      const box = at.getBoundingClientRect();
      const hidesX = ["hidden", "clip"].includes(style.overflowX);
      const hidesY = ["hidden", "clip"].includes(style.overflowY);
      const leavesX = line.box.right > box.right + SLACK || line.box.left < box.left - SLACK;
      const leavesY = line.box.bottom > box.bottom + SLACK || line.box.top < box.top - SLACK;
      if ((hidesX && leavesX) || (hidesY && leavesY)) {
        if (!line.owner.closest("[title]")) {
          problems.add(`${quoted(line.text)} is cut off by ${name(at)} in ${name(at.parentElement)}`);
        }
        line.box = within(line.box, box);
        break;
      }
      if (/auto|scroll/.test(style.overflowX + style.overflowY)) {
        line.box = within(line.box, box); // the rest can be scrolled to
        break;
      }
    }
  }

  // A text in a drawing: in its box, in its drawing, and not covered.
  for (const line of lines) {
    const svg = drawing(line.owner);
    if (!svg) {
      continue;
    }
    if (!isInside(line.box, svg.getBoundingClientRect())) {
      problems.add(`${quoted(line.text)} leaves its drawing`);
    }
    const group = line.owner.closest("g");
    const fits = group && [...group.children].find((child) => child.matches("rect.box, [data-fits]"));
    if (fits && !isInside(line.box, fits.getBoundingClientRect())) {
      problems.add(`${quoted(line.text)} leaves its box in ${name(group)}`);
    }
  }
  const isBefore = (a, b) => Boolean(a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING);
  /** How much of what lies below a paint hides, 0 to 1. */
  const hides = (paint, share) => {
    const alpha = /^rgba\(.*,\s*([\d.]+)\)$|\/\s*([\d.]+)\)$/.exec(paint);
    return paint === "none" ? 0 : Number(alpha?.[1] ?? alpha?.[2] ?? 1) * share;
  };
  const shapes = [...document.querySelectorAll("svg :is(rect, path, circle, ellipse, polygon, line)")]
    .filter((shape) => !shape.closest("defs, clipPath, mask, pattern, symbol") && isShown(shape))
    .map((shape) => {
      const { fill, fillOpacity, stroke, strokeOpacity, opacity } = getComputedStyle(shape);
      return {
        shape, svg: drawing(shape), box: shape.getBoundingClientRect(), back: shape.getScreenCTM().inverse(),
        fill: hides(fill, fillOpacity * opacity), stroke: hides(stroke, strokeOpacity * opacity),
      };
    });
  for (const line of lines) {
    const svg = drawing(line.owner);
    if (!svg) {
      continue;
    }
    const y = (line.box.top + line.box.bottom) / 2;
    const points = [];
    for (let x = line.box.left + 1; x < line.box.right; x += 2) {
      points.push(new DOMPoint(x, y));
    }
    const near = shapes.filter((one) => {
      const both = overlap(line.box, one.box);
      return one.svg === svg && both.x >= 0 && both.y >= 0;
    });
    // The edges of a box may touch a letter, and what is cut is crossed out.
    const isCrossed = (one, isSeen) =>
      !one.shape.matches(".cut-cross") &&
      points.slice(1, -1).some((point) => one.shape.isPointInStroke(point.matrixTransform(one.back)) && isSeen(point));
    const inFill = (one, point) => one.shape.isPointInFill(point.matrixTransform(one.back));
    for (const one of near) {
      const said = (what) => problems.add(`${quoted(line.text)} ${what} ${name(one.shape)} in ${name(one.shape.parentElement)}`);
      if (isBefore(line.owner, one.shape)) {
        if (one.fill > 0.5 && points.some((point) => inFill(one, point))) {
          said("is covered by");
        } else if (one.stroke > 0.5 && isCrossed(one, () => true)) {
          said("is crossed by");
        }
        continue;
      }
      // Below the text; something solid between the two hides it.
      const isHidden = (point) =>
        near.some((other) => other.fill > 0.9 && other !== one && isBefore(one.shape, other.shape) && isBefore(other.shape, line.owner) && inFill(other, point));
      if (one.fill > 0.1) {
        const seen = points.filter((point) => !isHidden(point));
        const on = seen.filter((point) => inFill(one, point)).length;
        if (on > 0 && on < seen.length) {
          said("lies half on");
          continue;
        }
      }
      if (one.stroke > 0.3 && isCrossed(one, (point) => !isHidden(point))) {
        said("is crossed by");
      }
    }
  }

  // Two texts on each other.
  lines.sort((a, b) => a.box.left - b.box.left);
  lines.forEach((a, index) => {
    for (let next = index + 1; next < lines.length && lines[next].box.left < a.box.right; next += 1) {
      const b = lines[next];
      if (a.owner === b.owner || a.layer !== b.layer || a.owner.contains(b.owner) || b.owner.contains(a.owner)) {
        continue;
      }
      const both = overlap(a.box, b.box);
      if (both.x > SLACK && both.y > SLACK) {
        problems.add(`${quoted(a.text)} and ${quoted(b.text)} lie on each other`);
      }
    }
  });

  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    const widest = [...document.body.querySelectorAll("*")].find((element) => element.getBoundingClientRect().right > root.clientWidth + SLACK);
    problems.add(`the page is ${root.scrollWidth} px wide in a window of ${root.clientWidth} px: ${widest ? name(widest) : "?"}`);
  }
  return [...problems];

  /** An element as a selector says it. */
  function name(element) {
    const classes = [...element.classList].map((one) => `.${one}`).join("");
    return `<${element.tagName.toLowerCase()}${element.id ? `#${element.id}` : ""}${classes}>`;
  }
})()

// What the mouse, or a finger, does in a timeline: zoom, move, point, choose.

// Moved by fewer pixels, it was a click.
const DRAG_START = 4;

class Pointer {
  constructor(panel) {
    this.panel = panel;
    this.drag = null;
    fill(panel.canvas, {
      on: {
        pointerdown: (event) => this.onDown(event),
        pointermove: (event) => this.onMove(event),
        pointerup: (event) => this.onUp(event),
        pointercancel: () => this.endDrag(),
        pointerleave: () => this.onLeave(),
        dblclick: showAll,
      },
    }, []);
    panel.canvas.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
  }

  // From where to where, on the canvas, is dragged to be zoomed to; null if not.
  draggedRange() {
    if (!this.drag || !this.drag.moved || this.drag.pans) return null;
    return [this.drag.fromX, this.drag.toX].sort((p, q) => p - q);
  }

  // Up and down zooms around the pointer, sideways moves. What cannot zoom any
  // further scrolls the page, and so does the wheel over the names.
  onWheel(event) {
    const scale = this.panel.scale();
    const x = event.clientX - this.panel.canvas.getBoundingClientRect().left;
    if (x < scale.left) return;
    const pixels = event.deltaMode === 1 ? 30 : event.deltaMode === 2 ? 400 : 1;
    const sideways = event.shiftKey ? event.deltaY + event.deltaX : event.deltaX;
    if (Math.abs(sideways) > (event.shiftKey ? 0 : Math.abs(event.deltaY))) {
      event.preventDefault();
      pan((sideways * pixels) / scale.plot);
      return;
    }
    if (event.deltaY === 0 || (event.deltaY > 0 && isWhole())) return;
    event.preventDefault();
    hideTip();
    zoom(WHEEL_STEP ** (-event.deltaY * pixels), scale.us(x));
  }

  onDown(event) {
    if (event.button > 1) return;
    const x = event.clientX - this.panel.canvas.getBoundingClientRect().left;
    if (x < this.panel.scale().left) return;
    this.panel.tracks.focus({ preventScroll: true });
    const pans = event.shiftKey || event.button === 1 || event.pointerType === "touch";
    this.drag = { fromX: x, toX: x, from: view.from, to: view.to, moved: false, pans };
    this.panel.canvas.setPointerCapture(event.pointerId);
    event.preventDefault();
  }

  onMove(event) {
    const scale = this.panel.scale();
    const x = event.clientX - this.panel.canvas.getBoundingClientRect().left;
    if (this.drag) {
      const { drag } = this;
      drag.toX = clamp(x, scale.left, scale.left + scale.plot);
      drag.moved ||= Math.abs(drag.toX - drag.fromX) >= DRAG_START;
      if (!drag.moved) return;
      hideTip();
      if (drag.pans) {
        const by = (drag.fromX - drag.toX) / scale.perUs;
        const from = clamp(drag.from + by, 0, view.end - (drag.to - drag.from));
        setRange(from, from + drag.to - drag.from);
      }
      requestDraw();
      return;
    }
    view.cursorUs = x >= scale.left ? scale.us(x) : null;
    requestDraw();
    const found = this.panel.at(event.clientX, event.clientY);
    if (!found || (found.slice === undefined && found.wait === undefined)) hideTip();
    else showTip(explain(this.panel.run, found), event.clientX, event.clientY);
  }

  onUp(event) {
    const { drag } = this;
    this.endDrag();
    if (!drag) return;
    if (drag.moved) {
      if (drag.pans) return;
      const scale = this.panel.scale();
      const [a, b] = [scale.us(drag.fromX), scale.us(drag.toX)].sort((p, q) => p - q);
      setRange(a, b);
      return;
    }
    const found = this.panel.at(event.clientX, event.clientY);
    if (!found) return;
    this.panel.selected = found.number;
    this.panel.slice = found.slice === undefined ? -1 : found.slice;
    requestDraw();
    if (found.slice !== undefined || found.wait !== undefined) {
      showTip(explain(this.panel.run, found), event.clientX, event.clientY, true);
    }
  }

  onLeave() {
    if (this.drag) return;
    view.cursorUs = null;
    hideTip();
    requestDraw();
  }

  endDrag() {
    this.drag = null;
    requestDraw();
  }
}

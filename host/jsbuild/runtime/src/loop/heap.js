// A heap of timers' entries: the one that fires first is on top, and of two for
// the same time the one that was made first.

function before(a, b) {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

export function push(heap, entry) {
  let i = heap.push(entry) - 1;
  while (i > 0) {
    const parent = (i - 1) >> 1;
    if (!before(entry, heap[parent])) break;
    heap[i] = heap[parent];
    i = parent;
  }
  heap[i] = entry;
}

// pop drops the entry on top.
export function pop(heap) {
  const last = heap.pop();
  if (heap.length === 0) return;
  let i = 0;
  for (;;) {
    let child = 2 * i + 1;
    if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++;
    if (child >= heap.length || !before(heap[child], last)) break;
    heap[i] = heap[child];
    i = child;
  }
  heap[i] = last;
}

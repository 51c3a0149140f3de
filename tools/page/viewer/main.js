// Puts the page together.

fillHelp();
drawLegend();
showThemeName();

onRebuild(measureNames);
onRebuild(rebuildPanels);
onRebuild(showFilterCount);
onRebuild(drawGlance);
onRebuild(drawShares);
onRebuild(drawLatencies);
onRebuild(drawFigures);

onDraw(placeToolbar);
onDraw(drawRange);
onDraw(drawOverview);
onDraw(drawAxis);
onDraw(() => {
  for (const panel of panels) panel.draw();
});

listenToControls();
setWorkload(view.workload);
showTitle();
byId("footer").textContent =
  "Made by jiffy. Times are in milliseconds of the run; a share is a part of one CPU's time. " +
  "This file needs no network and no other file.";

// For tests and for the curious: what is seen, and where a time of a task is.
window.jiffyPage = {
  data,
  range: () => [view.from, view.to],
  ticks: () => viewTicks(byId("axis").clientWidth),
  place: (runNumber, taskName, us) => {
    const panel = panels.find(({ run }) => run.number === runNumber);
    const number = panel.rows.findIndex((row) => row.task !== undefined && nameOf(row.task) === taskName);
    const box = panel.canvas.getBoundingClientRect();
    return {
      x: box.left + panel.scale().x(us),
      y: box.top + (panel.tops[number] + panel.tops[number + 1]) / 2 - panel.tracks.scrollTop,
    };
  },
};

// Runs before the first paint, so that a chosen theme does not flash. An own file because the policy of the page forbids inline scripts.
try {
  const theme = localStorage.getItem('sluice-theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is blocked: the theme of the system applies.
}

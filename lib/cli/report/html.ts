/** Makes the report as one HTML file with its style, its script, and the data as JSON. The page loads nothing else. */

import type { ReportData } from "./report_data.ts";
import { SCRIPT, STYLE } from "./page_bundle.ts";

export function pageOf(data: ReportData): string {
  // Without "<", no input can end the script element.
  const json = JSON.stringify(data).replaceAll("<", "\\u003c");
  const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="color-scheme" content="light dark">
<title>polyloop run</title>
<style>${STYLE}</style>
</head>
<body>
<noscript>This page draws itself, with JavaScript.</noscript>
<main id="page"></main>
<script type="application/json" id="data">${json}</script>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

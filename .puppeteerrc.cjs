// The browser comes from the system or from @sparticuz/chromium: see tools/hosts/chromium.mjs.
module.exports = { skipDownload: true };

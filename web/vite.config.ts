// Builds the pages (the viewer, AR and the API reference) into the Python package, and serves them in development with
// the live server of this machine behind them. Nothing here may point to another host.
import { defineConfig } from "vitest/config";

const SERVER = "http://127.0.0.1:8080";
const SERVED = ["/socket.io", "/model", "/api/", "/healthz", "/readyz", "/metrics"];

export default defineConfig({
  build: {
    outDir: "../twin/static",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // a data: address would need a hole in the content security policy
    chunkSizeWarningLimit: 900, // three alone is most of it, and it is one file on a local network
    rolldownOptions: { input: { main: "index.html", api: "api.html", ar: "ar.html" } },
  },
  worker: { format: "es" },
  server: {
    host: "127.0.0.1",
    proxy: Object.fromEntries(SERVED.map((path) => [path, { target: SERVER, ws: path === "/socket.io" }])),
  },
  test: { include: ["test/**/*.test.ts"], environment: "node" },
});

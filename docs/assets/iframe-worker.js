// Search in a site that is opened from a disk: a browser starts no worker from file://, so the script of the worker
// runs in a hidden frame, which answers the same messages.
if (location.protocol === "file:")
  window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      const address = new URL(url, document.baseURI).href.replaceAll("&", "&amp;").replaceAll("'", "%27")
      this.frame = document.createElement("iframe")
      this.frame.hidden = true
      this.frame.title = "Search"
      this.frame.srcdoc = `<script src='${address}'></script>`
      this.ready = new Promise(resolve => this.frame.addEventListener("load", resolve, { once: true }))
      document.body.append(this.frame)
    }
    async postMessage(data) {
      await this.ready
      const inside = this.frame.contentWindow
      inside.postMessage = data => this.dispatchEvent(new MessageEvent("message", { data }))
      inside.dispatchEvent(new MessageEvent("message", { data }))
    }
    terminate() {
      this.frame.remove()
    }
  }

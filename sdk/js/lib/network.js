// The network of a run: fetch, node:http and node:https are answered by fakes,
// and nothing goes out.
import { BatchInterceptor } from "@mswjs/interceptors";
import { ClientRequestInterceptor } from "@mswjs/interceptors/ClientRequest";
import { FetchInterceptor } from "@mswjs/interceptors/fetch";
import { values } from "./match.js";

export class Network {
  #fakes;
  #interceptor;
  pending = 0; // requests without an answer yet
  requests = []; // {method, url, headers, body, json, status} in their order

  constructor(fakes) {
    this.#fakes = fakes;
    this.#interceptor = new BatchInterceptor({
      name: "usher-actions",
      interceptors: [new ClientRequestInterceptor(), new FetchInterceptor()],
    });
    this.#interceptor.on("request", ({ request, controller }) => this.#meet(request, controller));
  }

  open() {
    this.#interceptor.apply();
  }

  close() {
    this.#interceptor.dispose();
  }

  async #meet(request, controller) {
    this.pending++;
    try {
      const body = await request.text();
      const asked = { method: request.method, url: request.url, headers: request.headers, body };
      const seen = { ...asked, headers: Object.fromEntries(request.headers), json: values(asked) };
      this.requests.push(seen);
      const response = await this.#fakes.answer(asked);
      seen.status = response.status;
      controller.respondWith(response);
    } catch (error) {
      controller.errorWith(error);
    } finally {
      this.pending--;
    }
  }
}

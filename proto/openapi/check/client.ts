// What a program in TypeScript may say to the API: it only has to compile.
import createClient from "openapi-fetch";
import type { paths } from "./usher.js";

const usher = createClient<paths>({ baseUrl: "http://127.0.0.1:8080", headers: { Authorization: "Bearer usher_…" } });

export async function register(id: string, email: string): Promise<string> {
  const { data, error } = await usher.POST("/v1/events/post-user-registration", {
    body: { user: { user_id: id, email } },
    params: { header: { "Idempotency-Key": id } },
  });
  if (error) throw new Error(error.detail ?? error.title);
  if (!("execution_id" in data)) throw new Error("a batch was answered");
  return data.execution_id;
}

export async function failed(): Promise<string[]> {
  const { data, error } = await usher.GET("/v1/executions", { params: { query: { status: "failed", limit: 10 } } });
  if (error) throw new Error(error.title);
  return data.executions.map((execution) => execution.id);
}

// @ts-expect-error: not a status
void usher.GET("/v1/executions", { params: { query: { status: "broken" } } });
// @ts-expect-error: not a path
void usher.GET("/v1/executions/{id}/nothing", { params: { path: { id: "exe_1" } } });

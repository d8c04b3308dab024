// customers.create, the error of one that is there
// 409 POST sandbox-api.paddle.com/customers ~twice {"error":{"type":"request_error","code":"customer_already_exists","detail":"exists","documentation_url":"x"},"meta":{"request_id":"r"}}
// 201 POST sandbox-api.paddle.com/customers {"data":{"id":"ctm_1","email":"jo@example.com"},"meta":{"request_id":"r"}}
import { Environment, Paddle } from "@paddle/paddle-node-sdk";

const paddle = new Paddle(event.secrets.TOKEN, { environment: Environment.sandbox });
console.log((await paddle.customers.create({ email: event.user.email })).id);
await paddle.customers.create({ email: "twice@example.com" }).catch((error) => console.log(error.code, error.detail));

// a connection
import amqp from "amqplib";

await amqp.connect("amqp://127.0.0.1");

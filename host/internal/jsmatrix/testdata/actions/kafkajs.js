// a producer's connection
import { Kafka, logLevel } from "kafkajs";

const kafka = new Kafka({ clientId: "usher", brokers: ["127.0.0.1:9092"], retry: { retries: 0 }, logLevel: logLevel.NOTHING });
await kafka.producer().connect();

// a query over Bolt
import neo4j from "neo4j-driver";

const driver = neo4j.driver("bolt://127.0.0.1:7687", neo4j.auth.basic("u", "p"), { maxTransactionRetryTime: 10 });
await driver.executeQuery("RETURN 1");

// initIndex, saveObject, search
// 200 POST /1/indexes/users/batch {"taskID":1,"objectIDs":["1"]}
// 200 POST /1/indexes/users/query {"hits":[],"nbHits":0}
import algoliasearch from "algoliasearch-4";

const index = algoliasearch("APP", event.secrets.TOKEN).initIndex("users");
console.log((await index.saveObject({ objectID: "1", email: event.user.email })).objectID);
console.log((await index.search("jo")).nbHits);

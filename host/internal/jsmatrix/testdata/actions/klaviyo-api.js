// ProfilesApi.createProfile, the error of a profile that is there
// 409 POST a.klaviyo.com/api/profiles ~twice {"errors":[{"detail":"exists"}]}
// 201 POST a.klaviyo.com/api/profiles {"data":{"type":"profile","id":"p1","attributes":{"email":"jo@example.com"}}}
import { ApiKeySession, ProfileEnum, ProfilesApi } from "klaviyo-api";

const profiles = new ProfilesApi(new ApiKeySession(event.secrets.TOKEN));
const profile = (email) => ({ data: { type: ProfileEnum.Profile, attributes: { email } } });
console.log((await profiles.createProfile(profile(event.user.email))).body.data.id);
await profiles.createProfile(profile("twice@example.com")).catch((error) => console.log(error.response.status));

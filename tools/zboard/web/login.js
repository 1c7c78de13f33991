/* SPDX-License-Identifier: MPL-2.0
 *
 * login.js - the form for the token, where the server wants one. Owns the dialog; the session itself is an
 * HttpOnly cookie that no script can read. The token is kept nowhere.
 */
import { signIn, signOut } from "./api.js";
import { byId, put } from "./dom.js";
import { keep, kept } from "./state.js";
import { t } from "./words.js";

let go = () => {}, wanted = false;

export function startLogin(onSession) {
    go = onSession;
    byId("signout").hidden = !kept.session;
    /* Behind it there is nothing. A browser lets a page refuse the Escape key only now and then: it comes back. */
    byId("login").addEventListener("cancel", (event) => event.preventDefault());
    byId("login").addEventListener("close", () => wanted && askToken());
    byId("login-form").addEventListener("submit", async (event) => {
        event.preventDefault();
        put("login-wrong", "");
        try {
            if (!await signIn(byId("token").value))
                return refuse("wrongToken");
        } catch (error) {
            return refuse("noServer");
        }
        byId("token").value = "";
        wanted = false;
        byId("login").close();
        keep({ session: true });
        byId("signout").hidden = false;
        go();
    });
    byId("signout").addEventListener("click", async () => {
        await signOut().catch(() => {});
        keep({ session: undefined });
        location.reload();
    });
}

function refuse(word) {
    put("login-wrong", t(word));
    byId("token").select();
}

export function askToken() {
    wanted = true;
    if (!byId("login").open)
        byId("login").showModal();
}

"""What the softphone says, in the reader's language: states, what is wrong here, what the edge refused."""

from __future__ import annotations

from django.utils.translation import gettext as _


def softphone_words() -> dict[str, dict[str, str]]:
    """This function will give the sentences of the telephone's script.

    ``refusals`` has them by the words with which the edge refuses (``docs/operating/edge.md``), and by status
    for whoever refuses with words of their own. ``{…}`` is filled in by the script.
    """
    return {"states": _states(), "faults": _faults(), "refusals": _refusals()}


def _states() -> dict[str, str]:
    return {
        "off": _("Switched off."),
        "connecting": _("Signing in …"),
        "ready": _("Ready. Others reach you at extension {extension}."),
        "calling": _("Calling {number} …"),
        "ringing": _("It rings at {number} …"),
        "incoming": _("{number} is calling."),
        "talking": _("Talking to {number}"),
        "ended": _("The call has ended."),
        "missed": _("{number} has given up."),
    }


def _faults() -> dict[str, str]:
    return {
        "insecure": _("Browsers give the microphone to pages under https only, or on this computer itself."),
        "wrong_address": _("Only the page at {address} may phone. Please open it there."),
        "no_microphone": _("No microphone was found. Plug one in and switch on again."),
        "microphone_denied": _(
            "The browser may not use the microphone. Allow it beside the address bar and switch on again."
        ),
        "away": _("The telephone network does not answer. Please try again in a minute."),
        "no_login": _("The portal gave no login. Reload the page and try again."),
        "not_registered": _("The telephone network did not accept the login. Switch on again."),
        "no_sound": _("The connection for voice did not come about; a firewall may hold it back."),
    }


def _refusals() -> dict[str, str]:
    return {
        "All Trunk Lines Busy": _(
            "All trunk lines are in use. Calls inside still work; one more line helps."
        ),
        "Endpoint Is Over The Limit": _("This endpoint is over the limit and makes emergency calls only."),
        "Phone System Switched Off": _("The phone system is switched off; only emergency calls go through."),
        "Outgoing Calls Are Barred": _("Calls to the outside are barred while bills are overdue."),
        "Calls Are Barred": _("Calls are barred while bills are overdue."),
        "Phone Not Registered": _("Nobody is signed in at that extension."),
        "Dial With Area Code": _("That is neither an extension here nor a whole phone number."),
        "No Phone Number To Call From": _(
            "Calls to the outside need a phone number of your own. Take one first."
        ),
        "No Carrier Available": _("The way to the telephone network is interrupted. Please try again later."),
        "No Media Relay": _("Voice cannot be carried right now. Please try again later."),
        "Login Has Expired": _("The login has expired. Switch on again."),
        "404": _("Nobody has that number."),
        "408": _("Nobody has answered."),
        "480": _("Nobody has answered."),
        "486": _("Busy."),
        "487": _("Given up."),
        "603": _("Declined."),
        "other": _("The call did not come about: {reason}"),
    }

"""The pages of the portal."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, path

from switchroom.portal import (
    account,
    cancel,
    confirmations,
    credits,
    design,
    details,
    follow_up,
    invitation,
    invoices,
    members,
    orders,
    phone_backups,
    phone_endpoints,
    phone_groups,
    phone_numbers,
    phone_porting,
    phone_provisioning,
    phone_systems,
    profile,
    reduce,
    softphone,
    starting,
    subscriptions,
    terms,
    upgrade,
)
from switchroom.portal import help as help_pages

app_name = "portal"
urlpatterns: list[URLPattern | URLResolver] = [
    # Subscriptions
    path("", subscriptions.subscriptions, name="subscriptions"),
    path("accounts-of-mine/open/", starting.open_account_page, name="open_account"),
    path("accounts-of-mine/choose/", starting.choose_account, name="choose_account"),
    path("trial/", starting.start_trial_page, name="start_trial"),
    path("subscriptions/<uuid:subscription_id>/", details.subscription, name="subscription"),
    path("deletions/<uuid:record_id>/", details.deletion_record, name="deletion_record"),
    path(
        "deletions/<uuid:record_id>/file/",
        details.deletion_record_file,
        name="deletion_record_file",
    ),
    # Money
    path("credits/", credits.credits, name="credits"),
    path("invoices/", invoices.invoices, name="invoices"),
    path("invoices/<uuid:invoice_id>/", invoices.invoice, name="invoice"),
    # Members, the account, the person
    path("members/", members.members, name="members"),
    path("members/invite/", members.invite_member, name="invite_member"),
    path("members/<uuid:member_id>/role/", members.change_role, name="change_role"),
    path("members/<uuid:member_id>/remove/", members.remove_member, name="remove_member"),
    path(
        "members/invitations/<uuid:invitation_id>/resend/",
        members.resend_invitation,
        name="resend_invitation",
    ),
    path(
        "members/invitations/<uuid:invitation_id>/withdraw/",
        members.withdraw_invitation,
        name="withdraw_invitation",
    ),
    path("invitations/<str:token>/", invitation.invitation, name="invitation"),
    path("account/", account.account, name="account"),
    path("profile/", profile.profile, name="profile"),
    path("help/", help_pages.help_page, name="help"),
    # Phones
    path("phone-systems/", phone_systems.phone_systems, name="phone_systems"),
    path("phone-systems/<uuid:subscription_id>/", phone_systems.phone_system, name="phone_system"),
    path("phone-systems/<uuid:subscription_id>/in-use/", phone_systems.in_use, name="in_use"),
    path(
        "phone-systems/<uuid:subscription_id>/backups/",
        phone_backups.phone_system_backups,
        name="backups",
    ),
    path(
        "phone-systems/<uuid:subscription_id>/backups/download/",
        phone_backups.take_home,
        name="take_home",
    ),
    path(
        "phone-systems/<uuid:subscription_id>/backups/upload/",
        phone_backups.bring_back,
        name="bring_back",
    ),
    path(
        "phone-systems/<uuid:subscription_id>/backups/<uuid:backup_id>/download/",
        phone_backups.take_home,
        name="take_one_home",
    ),
    path(
        "phone-systems/<uuid:subscription_id>/backups/<uuid:backup_id>/restore/",
        phone_backups.restore,
        name="restore",
    ),
    path(
        "phone-systems/<uuid:subscription_id>/endpoints/add/",
        phone_endpoints.add_endpoint,
        name="add_endpoint",
    ),
    path(
        "phone-systems/<uuid:subscription_id>/endpoints/<uuid:endpoint_id>/",
        phone_endpoints.rename_endpoint,
        name="rename_endpoint",
    ),
    path("provisioning/<str:ticket>/", phone_provisioning.provision, name="provision"),
    path(
        "phone-systems/<uuid:subscription_id>/endpoints/<uuid:endpoint_id>/secret/",
        phone_endpoints.endpoint_secret,
        name="endpoint_secret",
    ),
    path(
        "phone-systems/<uuid:subscription_id>/endpoints/<uuid:endpoint_id>/remove/",
        phone_endpoints.remove_endpoint,
        name="remove_endpoint",
    ),
    path(
        "phone-systems/<uuid:subscription_id>/endpoints/<uuid:endpoint_id>/move/",
        phone_endpoints.move_endpoint,
        name="move_endpoint",
    ),
    path(
        "phone-systems/<uuid:subscription_id>/endpoints/<uuid:endpoint_id>/browser/",
        softphone.softphone_login,
        name="softphone_login",
    ),
    path("phone-systems/<uuid:subscription_id>/softphone/", softphone.softphone, name="softphone"),
    path(
        "phone-systems/<uuid:subscription_id>/ring-groups/add/",
        phone_groups.add_ring_group,
        name="add_ring_group",
    ),
    path(
        "phone-systems/<uuid:subscription_id>/ring-groups/<uuid:group_id>/",
        phone_groups.ring_group,
        name="ring_group",
    ),
    path(
        "phone-systems/<uuid:subscription_id>/ring-groups/<uuid:group_id>/rings/add/",
        phone_groups.add_ring,
        name="add_ring",
    ),
    path(
        "phone-systems/<uuid:subscription_id>/ring-groups/<uuid:group_id>/rings/<uuid:ring_id>/",
        phone_groups.change_ring,
        name="change_ring",
    ),
    path(
        "phone-systems/<uuid:subscription_id>/ring-groups/<uuid:group_id>/remove/",
        phone_groups.remove_ring_group,
        name="remove_ring_group",
    ),
    path("phone-systems/<uuid:subscription_id>/numbers/take/", phone_numbers.take_number, name="take_number"),
    path(
        "phone-systems/<uuid:subscription_id>/numbers/<uuid:number_id>/",
        phone_numbers.number_address,
        name="number_address",
    ),
    path(
        "phone-systems/<uuid:subscription_id>/numbers/<uuid:number_id>/rings/",
        phone_numbers.number_rings,
        name="number_rings",
    ),
    path(
        "phone-systems/<uuid:subscription_id>/numbers/<uuid:number_id>/release/",
        phone_numbers.release_number,
        name="release_number",
    ),
    path(
        "phone-systems/<uuid:subscription_id>/numbers/<uuid:number_id>/move/",
        phone_numbers.move_number,
        name="move_number",
    ),
    path(
        "phone-systems/<uuid:subscription_id>/port-ins/ask/",
        phone_porting.bring_number,
        name="bring_number",
    ),
    path(
        "phone-systems/<uuid:subscription_id>/port-ins/<uuid:port_in_id>/",
        phone_porting.port_in,
        name="port_in",
    ),
    path(
        "phone-systems/<uuid:subscription_id>/port-ins/<uuid:port_in_id>/withdraw/",
        phone_porting.withdraw_port_in,
        name="withdraw_port_in",
    ),
    # The store
    path("subscriptions/<uuid:subscription_id>/upgrade/", upgrade.upgrade, name="upgrade"),
    path("subscriptions/<uuid:subscription_id>/follow-up/", follow_up.follow_up, name="follow_up"),
    path("orders/<uuid:order_id>/purchase/", orders.purchase_order, name="purchase"),
    path("orders/<uuid:order_id>/confirmation/", confirmations.order_confirmation, name="order_confirmation"),
    path("orders/<uuid:order_id>/in-force/", confirmations.order_in_force, name="order_in_force"),
    path("orders/<uuid:order_id>/summary/", confirmations.contract_summary, name="contract_summary"),
    path("orders/<uuid:order_id>/discard/", orders.discard_order, name="discard_order"),
    path("orders/<uuid:order_id>/<slug:step>/", orders.order_step, name="order_step"),
    path("terms/", terms.terms, name="terms"),
    # Holding less, leaving
    path("subscriptions/<uuid:subscription_id>/reduce/", reduce.reduce_page, name="reduce"),
    path(
        "subscriptions/<uuid:subscription_id>/reduce/withdraw/",
        reduce.withdraw_reduction,
        name="withdraw_reduction",
    ),
    path(
        "subscriptions/<uuid:subscription_id>/reduce/reminder.ics",
        reduce.reduction_reminder,
        name="reduction_reminder",
    ),
    path("subscriptions/<uuid:subscription_id>/cancel/", cancel.cancel, name="cancel"),
    path(
        "subscriptions/<uuid:subscription_id>/cancel/withdraw/",
        cancel.withdraw_cancellation,
        name="withdraw_cancellation",
    ),
    path(
        "subscriptions/<uuid:subscription_id>/cancellation.txt",
        cancel.cancellation_confirmation_file,
        name="cancellation_confirmation",
    ),
]

if settings.DEBUG or settings.INSTALLATION.movable_clock:
    urlpatterns.append(path("design/", design.show, name="design"))

"""``POST /alerts``: what Alertmanager posts is stored, each alert as a job, and only then acknowledged.

401 without the token, 413 too large, 400 with one sentence where it is none of Alertmanager's, 503 where it could not
be stored: Alertmanager then posts it again.
"""

import asyncio
import hmac
import logging
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.slack.alert_routes import AlertRoutes, MalformedAlerts, PostedAlert, make_alert, parse_alerts
from bot.slack.handlers.alerts import AGAIN, alert_key, firing_key
from bot.slack.handlers.context import HandlerContext
from bot.slack.jobs import ALERT
from bot.slack.setting_rules import secret_value
from bot.slack.signed_requests import TurnedAway, read_body
from bot.store.alerts import RESOLVED
from bot.text import counted

STORE_TIMEOUT = 8.0  # seconds for one alert to be stored
SAME_REPEAT = 60.0  # seconds within which the same alert is Alertmanager's second attempt, and no repetition
UNAUTHORIZED = "the bearer token is not that of NETCLINIC_ALERTS_TOKEN"
_log = logging.getLogger("netclinic.alerts")


def make_alerts_handler(context: HandlerContext) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """What answers requests with the token, and turns away all others before it reads them."""
    settings = context.services.settings
    token, routes = secret_value(settings.alerts_token), AlertRoutes.parse(settings.alerts_channels)

    async def handle(request: web.Request) -> web.StreamResponse:
        if not is_authorized(request.headers.get("Authorization", ""), token):
            return web.Response(status=401, text=UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"})
        try:
            posted = parse_alerts(await read_body(request))
        except TurnedAway as why:
            return web.Response(status=why.status, text=why.reason)
        except MalformedAlerts as why:
            return web.Response(status=400, text=str(why))
        return await _accept(context, routes, posted)

    return handle


def is_authorized(header: str, token: str) -> bool:
    """Whether the header bears the token; how long that takes tells nothing of it."""
    scheme, _, given = header.partition(" ")
    is_same = hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), token.encode())
    return bool(token) and scheme.lower() == "bearer" and is_same


async def _accept(context: HandlerContext, routes: AlertRoutes, posted: list[PostedAlert]) -> web.Response:
    stored, unrouted = 0, 0
    for alert in posted:
        channel = routes.channel(alert.labels)
        if not channel:
            unrouted += 1
            continue
        try:
            await _store(context, alert, channel)
        except Exception as error:  # whatever it is, Alertmanager has to come again
            _log.error("Alerts could not be stored: %s", error)
            return web.Response(status=503, text="not stored: netclinic's database cannot be used just now")
        stored += 1
    if unrouted:
        _log.warning("NETCLINIC_ALERTS_CHANNELS names no channel for %s: not answered.", counted(unrouted, "alert"))
    more = f"; NETCLINIC_ALERTS_CHANNELS names no channel for {unrouted}" if unrouted else ""
    return web.Response(text=f"{counted(stored, 'alert')} stored{more}")


async def _store(context: HandlerContext, posted: PostedAlert, channel: str) -> None:
    """Firing since one time is one job; told again it is one a minute, so that a second attempt counts as none."""
    alert = make_alert(posted, channel)
    key = alert_key(context.services.bot.team, alert.identity)
    told = firing_key(key, alert.since)
    if alert.is_resolved:
        told = f"{key}:{RESOLVED}:{alert.since}"
    async with asyncio.timeout(STORE_TIMEOUT):
        if await context.accept(ALERT, told, alert) or alert.is_resolved:
            return
        await context.accept(ALERT, f"{told}{AGAIN}{int(time.time() // SAME_REPEAT)}", alert)

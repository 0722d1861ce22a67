import asyncio
import logging
import ssl

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

logging.basicConfig(level=logging.INFO)
%certificate context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
%certificate context.load_cert_chain("@CHAIN@", "@KEY@")
%no-certificate context = None
controllers = [
    Controller(Sink(), hostname="0.0.0.0", port=port, server_hostname="@NAME@", tls_context=context)
    for port in (25, 587)
]
%certificate controllers.append(
%certificate     Controller(Sink(), hostname="0.0.0.0", port=465, server_hostname="@NAME@", ssl_context=context)
%certificate )
for controller in controllers:
    controller._trigger_server = lambda: None
    controller.start()
asyncio.new_event_loop().run_forever()

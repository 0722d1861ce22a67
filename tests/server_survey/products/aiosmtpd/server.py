import asyncio
import logging
import ssl

from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP

logging.basicConfig(level=logging.INFO)
%certificate context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
%certificate context.load_cert_chain("@CHAIN@", "@KEY@")
%no-certificate context = None


async def serve():
    for port in (25, 587):
        await loop.create_server(lambda: SMTP(Sink(), hostname="@NAME@", tls_context=context), port=port)
%certificate     await loop.create_server(lambda: SMTP(Sink(), hostname="@NAME@"), port=465, ssl=context)


loop = asyncio.new_event_loop()
loop.run_until_complete(serve())
loop.run_forever()

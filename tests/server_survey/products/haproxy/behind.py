"""The SMTP server behind the proxy: no TLS of its own."""

import asyncio

from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP

loop = asyncio.new_event_loop()
loop.run_until_complete(loop.create_server(lambda: SMTP(Sink(), hostname="@NAME@"), host="127.0.0.1", port=1025))
loop.run_forever()

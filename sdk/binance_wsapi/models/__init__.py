"""What the venue says, typed: results, events, enumerations, filters.

Attributes are the venue's names in snake case. Every number that is one is a `decimal.Decimal`; ids are integers; times are
`Timestamp`s. Fields this library does not know are kept in ``extra``, the JSON itself in ``raw``.
"""

from binance_wsapi.models.base import *  # noqa: F403
from binance_wsapi.models.enums import *  # noqa: F403
from binance_wsapi.models.filters import *  # noqa: F403
from binance_wsapi.models.levels import *  # noqa: F403
from binance_wsapi.models.result import *  # noqa: F403
from binance_wsapi.models.session import *  # noqa: F403
from binance_wsapi.models.spot.account import *  # noqa: F403
from binance_wsapi.models.spot.events import *  # noqa: F403
from binance_wsapi.models.spot.general import *  # noqa: F403
from binance_wsapi.models.spot.market import *  # noqa: F403
from binance_wsapi.models.spot.orders import *  # noqa: F403
from binance_wsapi.models.spot.unread import *  # noqa: F403

"""What the venue says, typed: results, events, enumerations, filters.

Attributes are the venue's names in snake case. Every number that is one is a `decimal.Decimal`; ids are integers; times are
`Timestamp`s. Fields this library does not know are kept in ``model_extra``, the JSON itself in ``raw``.
"""

from binance_wsapi.models.account import *  # noqa: F403
from binance_wsapi.models.base import *  # noqa: F403
from binance_wsapi.models.enums import *  # noqa: F403
from binance_wsapi.models.events import *  # noqa: F403
from binance_wsapi.models.filters import *  # noqa: F403
from binance_wsapi.models.general import *  # noqa: F403
from binance_wsapi.models.market import *  # noqa: F403
from binance_wsapi.models.orders import *  # noqa: F403
from binance_wsapi.models.session import *  # noqa: F403

"""The public names, and the module that defines each; users import them from `gradio_protocol`."""

# ruff: noqa: PLC0414 - `X as X` tells type checkers that a name is public

from .app.endpoint import Endpoint as Endpoint
from .app.endpoint import Parameter as Parameter
from .app.endpoint import Return as Return
from .app.files import LocalFile as LocalFile
from .app.files import file_argument as file_argument
from .client.commands import AbortAction as AbortAction
from .client.commands import Command as Command
from .client.commands import NotifyJob as NotifyJob
from .client.commands import RunAction as RunAction
from .client.protocol import BoundCall as BoundCall
from .client.protocol import ClientProtocol as ClientProtocol
from .client_exports import *  # noqa: F403 - all of its names, and no others
from .errors import file_errors as file_errors
from .errors import proxy_address as proxy_address
from .flows.actions import PARTIAL_PREFIX as PARTIAL_PREFIX
from .flows.actions import BodyLimit as BodyLimit
from .flows.actions import Download as Download
from .flows.actions import FileFacts as FileFacts
from .flows.actions import InspectFile as InspectFile
from .flows.actions import IOAction as IOAction
from .flows.actions import ReadFile as ReadFile
from .flows.actions import SaveBytes as SaveBytes
from .flows.actions import Saved as Saved
from .flows.actions import Send as Send
from .flows.actions import Sleep as Sleep
from .flows.connect import Target as Target
from .flows.options import Options as Options
from .jobs.job_state import JobSnapshot as JobSnapshot
from .jobs.job_state import JobState as JobState
from .jobs.job_state import Outputs as Outputs
from .jobs.job_state import Raised as Raised
from .jobs.job_state import Stage as Stage
from .jobs.job_state import Transferred as Transferred
from .jobs.orders import KEEPALIVE as KEEPALIVE
from .jobs.orders import CloseStream as CloseStream
from .jobs.orders import OpenStream as OpenStream
from .present.updates import all_outputs as all_outputs
from .present.updates import current_status as current_status
from .present.updates import split_output as split_output
from .present.updates import status_update as status_update
from .wire.exchange import FileSlice as FileSlice
from .wire.exchange import Head as Head
from .wire.exchange import Origin as Origin
from .wire.exchange import Request as Request
from .wire.exchange import Response as Response
from .wire.exchange import find_proxy as find_proxy
from .wire.exchange import is_address as is_address
from .wire.exchange import origin as origin
from .wire.headers import drop_framing as drop_framing
from .wire.headers import redact as redact
from .wire.network import transport_error as transport_error
from .wire.websocket import MessageAssembler as MessageAssembler
from .wire.websocket import closing_error as closing_error

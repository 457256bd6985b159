"""The guards that SECURITY.md and the limits promise, what each becomes when it is taken out, and the test that fails then."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["GUARDS", "Guard"]


@dataclass(frozen=True)
class Guard:
    """A few characters of one file, and what they become.

    Args:
        name: what is lost without it.
        file: below ``sdk/binance_wsapi``.
        before: the guard as it stands there, once.
        after: without it.
        tests: of which one fails then.
    """

    name: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]

    def __str__(self) -> str:
        return self.name


BANS = "tests/limits/shared/test_bans.py"
CLOCKS = "tests/limits/shared/test_clocks.py"
PRIVATE = "tests/limits/shared/test_private.py"
RECORDS = "tests/limits/shared/test_records.py"
SQLITE = "tests/limits/shared/test_sqlite.py"
REPORTS = "tests/limits/shared/test_reports.py"
OPENING = "tests/link/sockets/test_opening.py"
LEDGER = "tests/limits/test_ledger.py"
DIVISION = "limits/shared/division.py"
LUA = "limits/shared/division.lua"

GUARDS = (
    # ------------------------------------------------------------------ secrets
    Guard("an error leaves without the frames behind it", "wire/border.py",
          "            failed = _ready_to_leave(error)\n        del args, kwargs  # this", "            failed = error\n        del args, kwargs  # this",
          ("tests/wire/test_border.py::test_no_class_of_error_takes_a_frame_a_parameter_or_a_signature_along",)),
    Guard("a foreign error leaves without the library's frames", "wire/border.py",
          "    return without_ours(error)\n", "    return error\n",
          ("tests/wire/test_border.py::test_a_wrong_call_takes_no_parameter_along_though_its_error_is_not_of_the_library",)),
    Guard("causes and groups are bare, too", "wire/border.py",
          "        queue += (each.__cause__, each.__context__)\n", "",
          ("tests/wire/test_border.py::test_every_cause_and_every_member_of_a_group_is_bare",)),
    Guard("a proxy prints itself without its password", "link/sockets/proxy.py",
          "getattr(self, '_shown', '?')", "getattr(self, '_url', '?')",
          ("tests/link/sockets/test_proxy.py::test_the_password_shows_nowhere_and_reaches_the_proxy",)),
    Guard("a key file that others can use is refused", "keys/keyfile.py",
          "    if status.st_mode & 0o077:", "    if False:",
          ("tests/keys/test_keyfile.py::test_a_file_that_others_can_use_is_refused_with_the_remedy",)),
    # ------------------------------------------------------------------ the wire
    Guard("what is not encrypted goes past every proxy", "link/sockets/proxy.py",
          'if proxy is None or parts.scheme not in {"wss", "https"}:', "if proxy is None:",
          ("tests/link/sockets/test_proxy.py::test_what_is_not_encrypted_goes_past_every_proxy",)),
    Guard(
        "plain text goes to this machine only",
        "environments.py",
        "        if not is_this_machine(parts.hostname):",
        "        if False:",
        ("tests/link/sockets/test_proxy.py::test_no_environment_leads_off_this_machine_without_encryption",),
    ),
    Guard("authorities are checked when they are named", "link/settings.py",
          "check_ca_file(self.ca_file))", "self.ca_file)",
          ("tests/link/sockets/test_proxy.py::test_authorities_that_cannot_be_used_are_refused_at_once_by_name",)),
    Guard("the environment's proxies are checked", "link/sockets/proxy.py",
          '            if name in {"https", "all"}:', "            if False:",
          ("tests/link/sockets/test_proxy.py::test_the_environment_s_proxies_are_checked_as_well",)),
    Guard("options of a Redis address that switch TLS off are refused", "limits/shared/redis_address.py",
          "    if not names <= known:", "    if False:",
          ("tests/limits/shared/test_redis_address.py::test_an_address_that_is_none_is_refused_without_being_repeated",)),
    Guard("Redis over TLS checks names", "limits/shared/redis_address.py",
          '"ssl_check_hostname": True', '"ssl_check_hostname": False',
          ("tests/limits/shared/test_redis_address.py::test_a_server_with_a_certificate_for_another_name_hears_nothing",)),
    # ------------------------------------------------------------------ clocks and bans
    Guard("a far clock is refused", DIVISION,
          "        if _is_wrong(state, report, dead, own_ms):", "        if False:",
          (f"{CLOCKS}::test_a_clock_far_from_the_others_is_refused_told_and_changes_nothing",)),
    Guard("room is kept for a refused process", DIVISION,
          "            room -= outsider.shares.get(ask.key, 0)", "            room -= 0",
          (f"{CLOCKS}::test_room_is_kept_for_a_refused_process_until_it_leaves_or_its_clock_is_right",)),
    Guard("the number of refused processes is bounded", DIVISION,
          "        if len(state.outsiders) >= MOST_OUTSIDERS:", "        if False:",
          (f"{CLOCKS}::test_a_crowd_of_refused_processes_is_bounded",)),
    Guard("a clock that was never compared tells bans alone", DIVISION,
          "    if not report.compared or not 0", "    if not 0",
          (f"{CLOCKS}::test_a_clock_that_was_never_compared_brings_bans_and_gets_bans_and_nothing_else",)),
    Guard("windows come back after a wrong clock", DIVISION,
          "        limit.newest = now // limit.length\n", "",
          (f"{CLOCKS}::test_what_a_dead_process_with_a_wrong_clock_was_granted_counts_in_the_windows_of_the_next",)),
    Guard("a report below zero is no room", DIVISION,
          "        and min(told) >= 0\n", "",
          (f"{REPORTS}::test_a_report_that_cannot_be_true_gets_nothing_and_takes_nothing",)),
    Guard("charges below zero are no room", DIVISION,
          "        and all(0 <= uncounted <= GREATEST_TOLD and 0 <= lost <= GREATEST_TOLD for _, uncounted, lost in ask.charges)\n", "",
          (f"{REPORTS}::test_a_report_that_cannot_be_true_gets_nothing_and_takes_nothing",)),
    Guard("a ban in the store lasts three days at most", DIVISION,
          "        state.bans[scope] = min(until, latest)", "        state.bans[scope] = until",
          (f"{BANS}::test_no_ban_lasts_longer_than_the_venue_s_longest",)),
    Guard("a ban that a person lifted stays lifted", DIVISION,
          "        if until != lifted.get(scope) and", "        if True and",
          (f"{BANS}::test_a_ban_that_a_person_lifted_stays_lifted_though_a_process_still_tells_it",)),
    Guard("a far clock is refused in Redis", LUA,
          "      if is_wrong(state, report) then", "      if false then",
          (f"{CLOCKS}::test_a_clock_far_from_the_others_is_refused_told_and_changes_nothing",)),
    Guard("room is kept in Redis for a refused process", LUA,
          "room = room - (outsider.shares[ask.key] or 0)", "room = room - 0",
          (f"{CLOCKS}::test_room_is_kept_for_a_refused_process_until_it_leaves_or_its_clock_is_right",)),
    Guard("a report below zero is no room in Redis", LUA,
          "  if not is_sound(ask) or abs", "  if abs",
          (f"{REPORTS}::test_a_report_that_cannot_be_true_gets_nothing_and_takes_nothing",)),
    Guard("a ban of a reply lasts three days at most", "limits/bans.py",
          "        until = min(until, now + LONGEST_BAN_MS)\n", "",
          (f"{LEDGER}::test_a_ban_whose_end_no_venue_can_mean_lasts_its_longest",)),
    Guard("a 429 ends with its window", "limits/ledger.py",
          "(status == 429 and until > now + LONGEST_429_MS)", "False",
          (f"{LEDGER}::test_a_429_whose_end_no_venue_can_mean_ends_with_its_window",)),
    Guard("a count beyond all measure is left alone", "limits/bucket.py",
          "COUNT_TIMES: Final = 10\n", "COUNT_TIMES: Final = 10**40\n",
          (f"{LEDGER}::test_an_odd_row_neither_closes_a_client_nor_opens_it",)),
    Guard("a limit under which no connection has room is left alone", "limits/rows.py",
          "        and least <= row.limit <= GREATEST_LIMIT", "        and 0 < row.limit <= GREATEST_LIMIT",
          (f"{LEDGER}::test_an_odd_row_neither_closes_a_client_nor_opens_it",)),
    Guard("a limit beyond all measure is left alone", "limits/rows.py",
          "        and least <= row.limit <= GREATEST_LIMIT", "        and least <= row.limit",
          (f"{LEDGER}::test_an_odd_row_neither_closes_a_client_nor_opens_it",)),
    Guard("the number of limits is bounded", "limits/ledger.py",
          "if is_usable(row)][:MOST_BUCKETS]", "if is_usable(row)]",
          (f"{LEDGER}::test_the_number_of_limits_is_bounded",)),
    # ------------------------------------------------------------------ the store
    Guard("a ban heard while an exchange is under way is told before closing", "limits/shared/sync.py",
          "                self._thread.submit(self._store.exchange, self._holder.bans(self._now()))", "                pass",
          (f"{BANS}::test_a_ban_heard_just_before_closing_reaches_the_store_though_an_exchange_is_under_way",)),
    Guard("a ban that a store failed to take is told again before closing", "limits/shared/sync.py",
          "LAST_TRIES: Final = 4", "LAST_TRIES: Final = 0",
          (f"{BANS}::test_a_ban_heard_just_before_closing_reaches_a_store_that_fails_for_a_while",)),
    Guard("a ban that the venue tells once more holds", "limits/bans.py",
          "            self.again.add(scope)\n", "            pass\n",
          (f"{BANS}::test_a_lifted_ban_that_the_venue_tells_once_more_holds_again_in_every_process_and_can_be_lifted_again",)),
    Guard("a whole answer of Redis comes in time", "limits/shared/redis_socket.py",
          "        if left <= 0:", "        if False:",
          ("tests/limits/shared/test_redis_socket.py::test_what_is_bounded_is_each_exchange_and_not_the_connection",)),
    Guard("a member whose file was taken away lives", "limits/shared/sqlite.py",
          "O_CLOEXEC | os.O_NONBLOCK)\n        except OSError:\n            return False",
          "O_CLOEXEC | os.O_NONBLOCK)\n        except OSError:\n            return True",
          (f"{REPORTS}::test_members_whose_files_were_taken_away_live_on_and_make_them_anew",)),
    Guard("a broken record is set aside", "limits/shared/sqlite.py",
          "        except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):\n            pass",
          "        except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):\n            raise",
          (f"{RECORDS}::test_a_broken_record_is_told_set_aside_and_healed",)),
    Guard("an environment is not mistaken for another", "limits/shared/store.py",
          "        if self._claimed not in {None, environment}:", "        if False:",
          (f"{REPORTS}::test_the_client_names_the_environment_and_a_mismatch_is_refused",)),
    # ------------------------------------------------------------------ files
    Guard("files of the store are this user's alone", "limits/shared/private.py",
          "            os.fchmod(file, 0o600)", "            os.fchmod(file, 0o644)",
          (f"{PRIVATE}::test_files_and_folders_are_this_user_s_alone_under_any_umask",)),
    Guard("folders of the store are this user's alone", "limits/shared/private.py",
          "        path.chmod(0o700)\n", "        path.chmod(0o755)\n",
          (f"{PRIVATE}::test_what_other_users_can_only_read_is_taken_from_them",)),
    Guard("a file that others can write to is refused", "limits/shared/private.py",
          "    if found.st_mode & _OTHERS_WRITE:", "    if False:",
          (f"{PRIVATE}::test_what_other_users_can_write_to_is_refused_by_its_name_with_the_remedy",)),
    Guard("a file of another user is refused", "limits/shared/private.py",
          "    if found.st_uid != os.geteuid():", "    if False:",
          (f"{PRIVATE}::test_what_another_user_made_is_refused",)),
    Guard("a hard link to a store is refused", "limits/shared/private.py",
          "found.st_nlink > 1:", "False:",
          (f"{PRIVATE}::test_a_hard_link_is_refused_and_the_other_file_stays_as_it_is",)),
    Guard("a log that was deleted in use is noticed", "limits/shared/sqlite.py",
          "            if found == self._file:", "            if found[0] == self._file[0]:",
          (f"{SQLITE}::test_a_log_that_is_deleted_in_use_splits_no_processes_and_is_told",)),
    Guard("a view in the place of a table is refused", "limits/shared/sqlite_file.py",
          "        if kind in {", "        if False and kind in {",
          (f"{SQLITE}::test_a_file_in_which_another_program_put_its_own_is_refused_at_once_by_its_name",)),
    Guard("a store that went back to an older state begins anew", DIVISION,
          "        _begin_anew(state, report)\n", "",
          (f"{RECORDS}::test_a_store_that_went_back_to_an_older_state_begins_anew_and_gives_nothing_twice",)),
    Guard("no time to come is believed", DIVISION,
          "    in_time(state,", "    dict(state=state) and (lambda *_, **__: None)(state,",
          (f"{RECORDS}::test_what_a_record_says_of_a_time_to_come_is_bounded_by_the_next_report",)),
    Guard("no time to come is believed in Redis", LUA,
          "    in_time(state, report.now_ms)\n", "",
          (f"{RECORDS}::test_what_a_record_says_of_a_time_to_come_is_bounded_by_the_next_report",)),
    Guard("a record that cannot be true is set aside in Redis", LUA,
          "not sound(state, scope) then", "false then",
          (f"{RECORDS}::test_a_record_that_can_be_read_and_cannot_be_true_is_set_aside_and_healed",)),
    Guard("no link is followed to a store", "limits/shared/private.py",
          'os.O_RDWR | getattr(os, "O_NOFOLLOW", 0)', "os.O_RDWR",
          (f"{PRIVATE}::test_no_link_is_followed",)),
    # ------------------------------------------------------------------ pages and texts
    Guard("a page whose name was rebound is refused", "simulator/access/visitors.py",
          "        if not self.knows(_name(hosts[0])):", "        if False:",
          ("tests/simulator/access/test_visitors.py::test_the_trading_and_stream_ports_refuse_pages",)),
    Guard("a page of another origin is refused", "simulator/access/visitors.py",
          "            if not self.allows(origin) and not (found and _is_loopback(_name(found[1]))):", "            if False:",
          ("tests/simulator/access/test_visitors.py::test_the_control_port_refuses_pages",)),
    Guard("a proxy's answer does not repeat its password", "link/sockets/opening.py",
          "        text = text.replace(secret, \"***\")\n", "        pass\n",
          (f"{OPENING}::test_a_proxy_that_repeats_its_credentials_is_not_repeated",)),
    Guard("a proxy's answer to REST is in no log", "rest/http.py",
          "        _by_proxy.set(self._by_proxy)", "        _by_proxy.set(False)",
          (f"{OPENING}::test_a_proxy_that_repeats_its_credentials_is_not_repeated",)),
    Guard("a peer's words are no cause", "link/sockets/opening.py",
          "    if isinstance(error, OSError) and said(error, proxy) == str(error):", "    if True:",
          (f"{OPENING}::test_an_error_of_the_system_stays_the_cause_and_no_other_foreign_error_does",)),
    Guard("no text of a stranger drives a terminal", "errors.py",
          "    if text.isprintable():\n        return text\n", "    if True:\n        return text\n",
          ("tests/test_errors.py::test_no_text_of_a_stranger_acts_on_a_terminal_or_begins_a_line",)),
    # ------------------------------------------------------------------ questions
    Guard("questions about fate leave room", "orders/fate/turns.py",
          "                wait = self._book(allowance, weight)\n", "                wait = 0.0\n",
          ("tests/orders/fate/test_turns.py::test_questions_spend_no_more_than_their_share_of_a_minute",)),
    Guard("a certificate for another name ends connecting", "link/sockets/opening.py",
          "    context.minimum_version = ssl.TLSVersion.TLSv1_2\n", "    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE\n",
          ("tests/session/test_real_sockets.py::test_a_certificate_that_is_not_the_venue_s_ends_it_at_once_and_nothing_is_sent",)),
    Guard("a certificate for another name ends a REST call", "rest/http.py",
          "            verify=context,\n", "            verify=False,\n",
          ("tests/rest/test_http.py::test_a_certificate_that_is_not_the_venue_s_ends_the_call_and_nothing_is_sent",)),
    Guard("no redirect is followed", "link/sockets/websockets.py",
          "    def process_redirect(", "    def process_redirect_not(",
          ("tests/session/test_real_sockets.py::test_an_upgrade_that_is_refused_is_typed_and_a_redirect_is_not_followed",)),
    Guard("REST takes no proxy of the environment by itself", "rest/http.py",
          "            proxy=None if proxy is None else httpx.Proxy(proxy, ssl_context=_proxy_context(proxy, context)),\n",
          "            proxy=__import__('os').environ.get('https_proxy'),\n",
          ("tests/rest/test_http.py::test_a_proxy_comes_from_the_settings_and_never_by_itself",)),
    # ------------------------------------------------------------------ what a peer sends
    Guard("a reply nested too deep is a violation", "wire/codec.py",
          "    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError, OverflowError) as error:",
          "    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, OverflowError) as error:",
          ("tests/wire/test_strangers.py::test_depth_ends_in_a_violation",)),
    Guard("a message beyond the cap ends its connection", "link/sockets/websockets.py",
          "                    max_size=MAX_MESSAGE,", "                    max_size=None,",
          ("tests/link/sockets/test_picows.py::test_what_a_peer_sends_comes_to_the_same_on_both",)),
    Guard("a REST reply beyond the cap is refused", "rest/http.py",
          "        if len(body) > MAX_MESSAGE:", "        if False:",
          ("tests/rest/test_http.py::test_a_reply_beyond_the_cap_is_refused",)),
    Guard("a bomb is not unpacked", "rest/http.py",
          "unzip.decompress(chunk, MAX_MESSAGE + 1 - len(body))", "unzip.decompress(chunk)",
          ("tests/rest/test_http.py::test_a_bomb_is_not_unpacked",)),
    # ------------------------------------------------------------------ files
    Guard("a journal that was cut is refused", "orders/journal/seal.py",
          "            if found != _digest(data, place):", "            if False:",
          ("tests/orders/journal/test_seal.py::test_a_file_that_was_cut_is_refused",)),
    Guard("a journal is its owner's alone", "orders/journal/sqlite.py",
          "        os.close(os.open(new, flags, 0o600))\n", "        os.close(os.open(new, flags, 0o644))\n",
          ("tests/orders/journal/test_file.py::test_only_its_owner_can_read_a_journal",)),
    Guard("the lock of a journal follows no link", "orders/journal/lock.py",
          "os.O_CLOEXEC | os.O_NOFOLLOW", "os.O_CLOEXEC",
          ("tests/orders/journal/test_file.py::test_a_link_in_the_place_of_the_lock_is_refused",)),
    Guard("a transcript follows no link", "simulator/record/private.py",
          "    if Path(path).is_symlink():", "    flags &= ~os.O_NOFOLLOW\n    if False:",
          ("tests/cli/exchange/test_command.py::test_a_transcript_follows_no_link_and_is_for_this_user_alone",)),
    Guard("the loop of a blocking client knows a fork", "blocking/loop.py",
          "        return os.getpid() != self._pid", "        return False",
          ("tests/blocking/test_client.py::test_a_forked_child_is_refused_and_the_parent_goes_on",)),
    # ------------------------------------------------------------------ the local exchange
    Guard("a request of a page that wants no answer is refused", "simulator/access/visitors.py",
          "        if not origins and any(", "        if False and any(",
          ("tests/simulator/access/test_visitors.py::test_an_image_of_a_foreign_page_costs_no_weight",)),
    Guard("the exchange logs no line of a request", "simulator/net/sockets.py",
          "        return level > logging.DEBUG and super()", "        return super()",
          ("tests/simulator/access/test_visitors.py::test_the_exchange_logs_neither_keys_nor_signed_urls_at_any_level",)),
)  # fmt: skip

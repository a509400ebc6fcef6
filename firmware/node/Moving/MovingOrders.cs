using DePin.Contracts;
using DePin.Contracts.Cbor;
using DePin.Contracts.Flashing;
using DePin.Contracts.Moving;
using DePin.Contracts.Signing;
using DePin.Node.Outbox;
using DePin.Node.Signing;
using DePin.Node.Uplink;

namespace DePin.Node.Moving
{
    /// <summary>
    /// Signed changes of where the node belongs, in steps beside metering: order -> form and version -> two signatures by pinned keys -> stored
    /// to be tried -> report signed and sent -> restart. Every order is answered, also one that is known; the backend asks again in every login
    /// until it has heard how it ended. Nothing of an order is on flash before all of it was right.
    /// </summary>
    public sealed class MovingOrders
    {
        private readonly NodeIdentity _identity;
        private readonly Whereabouts _where;
        private readonly UplinkSession _link;
        private readonly IUplink _uplink;
        private readonly IDigest _digest;
        private readonly AnswerSigning _signing;
        private byte[] _session = new byte[0];
        private SettingsChange? _change;
        private CountersignedCheck? _check;
        private bool _isReporting;
        private bool _isSigned;
        private long _restartsAt;

        /// <summary>Puts the parts together; the caller owns them.</summary>
        public MovingOrders(NodeIdentity identity, Whereabouts where, Chain chain, UplinkSession link, IUplink uplink, ISigner signer, IDigest digest)
        {
            _identity = identity;
            _where = where;
            _link = link;
            _uplink = uplink;
            _digest = digest;
            _signing = new AnswerSigning(identity.Id, signer, chain);
        }

        /// <summary>Whether there is work to do at once.</summary>
        public bool IsWorking { get { return _check != null || IsSigning; } }

        /// <summary>Whether the signer is at work on the report, so that nobody else may begin.</summary>
        public bool IsSigning { get { return _signing.IsSigning; } }

        /// <summary>Takes an order. One that comes while another is checked is passed over: it comes again.</summary>
        /// <param name="order">What came.</param>
        /// <param name="keys">Release keys that count since they were rotated; null for those of flashing.</param>
        public void Take(SettingsOrder order, byte[][]? keys)
        {
            if (_check != null || _restartsAt > 0 || _where.Settings == null)
            {
                return;
            }

            _session = order.Header.Session;
            CountersignedMessage? message = CountersignedMessage.Decode(order.Signed, SettingsChange.SignedBytes, out DecodeError _);
            _change = message == null ? null : SettingsChange.Decode(message.Message, message.PayloadOffset, message.PayloadLength, out DecodeError _);
            if (_change == null)
            {
                Report(0, SettingsState.Refused, SettingsRefusal.Malformed);
            }
            else if (_change.Version < _where.Version)
            {
                Report(_change.Version, SettingsState.Refused, SettingsRefusal.VersionTooLow);
            }
            else if (_change.Version == _where.Version)
            {
                Report(_change.Version, (SettingsState)_where.SignedState, SettingsRefusal.None);
            }
            else
            {
                _check = new CountersignedCheck(message!, SettingsChange.Context, keys ?? _where.Settings.ReleaseKeys, _digest);
            }
        }

        /// <summary>Does what is due.</summary>
        /// <param name="uptimeMilliseconds">Since the start.</param>
        /// <param name="isSignerFree">Whether nobody else is at work with the signer.</param>
        public void Step(long uptimeMilliseconds, bool isSignerFree)
        {
            if (_check != null && _check.Step())
            {
                Judge(_check.IsValid, uptimeMilliseconds);
                _check = null;
            }

            if (_isReporting && !_isSigned)
            {
                _isSigned = _signing.Step(isSignerFree);
            }

            if (_isReporting && _isSigned && _link.IsReady && _uplink.Publish(Topics.Of(_identity.Id.ToString(), Topics.SettingsReport), _signing.Message, 1))
            {
                _isReporting = false;
                _restartsAt = _restartsAt > 0 ? uptimeMilliseconds + Limits.SettingsRestartMilliseconds : 0;
            }

            if (_restartsAt > 0 && uptimeMilliseconds >= _restartsAt)
            {
                _where.Restart();
            }
        }

        private void Judge(bool isValid, long uptimeMilliseconds)
        {
            SettingsChange change = _change!;
            if (!isValid)
            {
                Report(change.Version, SettingsState.Refused, SettingsRefusal.BadSignatures);
                return;
            }

            NodeSettings way = change.Way;
            if (way.NetworkNames.Length == 0)
            {
                way.NetworkNames = _where.Settings!.NetworkNames;
                way.NetworkKeys = _where.Settings.NetworkKeys;
            }

            _where.Try(way, change.Version);

            // The report may find no link any more; what is stored is tried all the same.
            _restartsAt = uptimeMilliseconds + Limits.SettingsReportMilliseconds;
            Report(change.Version, SettingsState.Trying, SettingsRefusal.None);
        }

        private void Report(long version, SettingsState state, SettingsRefusal refusal)
        {
            SettingsReport report = SettingsReport.Create(_identity.Id, _session);
            report.Version = version;
            report.State = state;
            report.Refusal = refusal;
            _signing.Begin(SettingsChange.Context, report.Encode());
            _isReporting = true;
            _isSigned = false;
        }
    }
}

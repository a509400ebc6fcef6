using DePin.Contracts;
using DePin.Contracts.Identity;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Contracts.Updates;
using DePin.Node.Outbox;
using DePin.Node.Signing;
using DePin.Node.Uplink;

namespace DePin.Node.Update
{
    /// <summary>
    /// Tells the backend how far the update is: signs a report in steps when the signer is free, sends it, and repeats it until it is
    /// heard. One at a time; what happened meanwhile makes the next. A word on something that is not the record's release (an offer
    /// that is refused, a rotation of keys) waits until the record's own is heard.
    /// </summary>
    public sealed class ReportDesk
    {
        private readonly NodeId _node;
        private readonly string _topic;
        private readonly byte[] _firmware;
        private readonly UpdateRecord _record;
        private readonly Chain _chain;
        private readonly UplinkSession _link;
        private readonly IUplink _uplink;
        private readonly ISigner _signer;
        private UpdateReport? _word;
        private UpdateReport? _signed;
        private byte[] _payload = new byte[0];
        private byte[] _message = new byte[0];
        private long _signaturesBefore;
        private long _sendAt;
        private long _tellsSince = -1;
        private bool _isStale;

        /// <summary>Puts the parts together; the caller owns them.</summary>
        public ReportDesk(NodeId node, byte[] firmware, UpdateRecord record, Chain chain, UplinkSession link, IUplink uplink, ISigner signer)
        {
            _node = node;
            _topic = Topics.Of(node.ToString(), Topics.UpdateReport);
            _firmware = firmware;
            _record = record;
            _chain = chain;
            _link = link;
            _uplink = uplink;
            _signer = signer;
        }

        /// <summary>Whether the signer is at work on a report.</summary>
        public bool IsSigning { get; private set; }

        /// <summary>Blocks on flash, for the next report.</summary>
        public int BlocksHeld { get; set; }

        /// <summary>Whether there is something that the backend has not heard.</summary>
        public bool IsDue { get { return _word != null || IsRecordDue; } }

        /// <summary>Whether a word on something else waits or was said last about this.</summary>
        public bool Said(byte[] release, long attempt)
        {
            return _word != null && _word.Attempt == attempt && Bytes.AreEqual(_word.Release, release);
        }

        /// <summary>Another state: it is written, and what is under way says the past.</summary>
        public void Tell(UpdateState state, UpdateReason reason)
        {
            _record.Set(state, reason);
            Changed();
        }

        /// <summary>The same state, with more blocks.</summary>
        public void TellAgain()
        {
            _record.IsHeard = false;
            Changed();
        }

        /// <summary>Every state is told before the next one begins; one that nobody hears is waited with for a minute.</summary>
        public bool IsTold(long linkMilliseconds)
        {
            _tellsSince = _tellsSince < 0 ? linkMilliseconds : _tellsSince;
            return _record.IsHeard || linkMilliseconds - _tellsSince >= Limits.ReportMilliseconds;
        }

        /// <summary>The record changed.</summary>
        public void Changed()
        {
            _tellsSince = -1;
            _isStale = true;
        }

        /// <summary>A word on something that is not the record's release; one that waits already is replaced.</summary>
        public void Say(byte[] release, long attempt, UpdateState state, UpdateReason reason)
        {
            _word = UpdateReport.Create(_node, _link.SessionBytes, release, _firmware);
            _word.Attempt = attempt;
            _word.State = state;
            _word.Reason = reason;
            _isStale |= _signed != null && !IsRecordDue;
        }

        /// <summary>A login began: what was not heard is said again.</summary>
        public void LinkBegan()
        {
            _sendAt = 0;
        }

        /// <summary>The backend has stored a report with this counter, and all before.</summary>
        public void Heard(long counter)
        {
            if (_signed == null || counter < _signed.Counter || _isStale)
            {
                return;
            }

            if (_signed == _word)
            {
                _word = null;
            }
            else
            {
                _record.IsHeard = true;
                _record.Save();
            }

            _signed = null;
            _message = new byte[0];
        }

        /// <summary>One step of signing, or a sending that is due.</summary>
        public void Step(long linkMilliseconds, bool isSignerFree)
        {
            if (_isStale)
            {
                _isStale = false;
                IsSigning = false;
                _signed = null;
                _message = new byte[0];
            }

            if (IsSigning)
            {
                Sign();
            }
            else if (_message.Length > 0)
            {
                Send(linkMilliseconds);
            }
            else if (IsDue && isSignerFree && _link.IsReady)
            {
                Begin();
            }
        }

        private bool IsRecordDue { get { return _record.Attempt > 0 && !_record.IsHeard; } }

        private void Begin()
        {
            UpdateReport report = IsRecordDue ? OfRecord() : _word!;
            report.Counter = ++_record.Counter;
            report.Boot = _chain.State.Boot;
            report.Sequence = _chain.Sequence;
            _record.Save();
            _payload = report.Encode();
            _signed = report;
            _signer.Start(SignedMessage.ToBeSigned(UpdateReport.Context, _payload, 0, _payload.Length));
            _signaturesBefore = _chain.SignaturesStarted;
            IsSigning = true;
        }

        private UpdateReport OfRecord()
        {
            UpdateReport report = UpdateReport.Create(_node, _link.SessionBytes, _record.Release, _firmware);
            report.Attempt = _record.Attempt;
            report.State = _record.State;
            report.Reason = _record.Reason;
            report.BlocksHeld = BlocksHeld;
            return report;
        }

        private void Sign()
        {
            if (_chain.SignaturesStarted != _signaturesBefore)
            {
                // A batch closed meanwhile and took the signer: begin again when it is free.
                IsSigning = false;
                _signed = null;
            }
            else if (_signer.Step())
            {
                IsSigning = false;
                _message = SignedMessage.Encode(_node, _payload, _signer.Signature());
                _sendAt = 0;
            }
        }

        private void Send(long linkMilliseconds)
        {
            if (_link.IsReady && linkMilliseconds >= _sendAt && _uplink.Publish(_topic, _message, 1))
            {
                _sendAt = linkMilliseconds + Limits.ReportMilliseconds;
            }
        }
    }
}

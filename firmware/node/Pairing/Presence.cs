using DePin.Contracts;
using DePin.Contracts.Pairing;
using DePin.Contracts.Signing;
using DePin.Node.Outbox;
using DePin.Node.Signing;
using DePin.Node.Uplink;

namespace DePin.Node.Pairing
{
    /// <summary>
    /// Proves that somebody stands beside the node, in steps beside metering:
    /// challenge -> presses counted -> two seconds of quiet -> answer signed -> sent until the backend ends it or time does.
    /// One challenge at a time. Nothing of it is on flash: whoever pairs a node that restarts is asked anew.
    /// </summary>
    public sealed class Presence
    {
        private const int Over = 0;
        private const int Counting = 1;
        private const int Signing = 2;
        private const int Sending = 3;
        private readonly NodeIdentity _identity;
        private readonly Chain _chain;
        private readonly UplinkSession _link;
        private readonly IUplink _uplink;
        private readonly AnswerSigning _signing;
        private readonly IButton? _button;
        private int _state = Over;
        private PairChallenge? _challenge;
        private byte[] _session = new byte[0];
        private long _endsAt;
        private int _pressesBefore;
        private int _count;
        private long _lastPressAt;
        private long _sendAt;
        private int _shown = PresenceLight.None;
        private long _shownUntil;

        /// <summary>Puts the parts together; the caller owns them. Without a button no challenge is ever answered.</summary>
        public Presence(NodeIdentity identity, Chain chain, UplinkSession link, IUplink uplink, ISigner signer, IButton? button)
        {
            _identity = identity;
            _chain = chain;
            _link = link;
            _uplink = uplink;
            _signing = new AnswerSigning(identity.Id, signer, chain);
            _button = button;
        }

        /// <summary>Whether a challenge is open: presses are for it, and the radio has to stay on.</summary>
        public bool IsOpen { get { return _state != Over; } }

        /// <summary>Whether the signer is at work on the answer, so that nobody else may begin.</summary>
        public bool IsSigning { get { return _signing.IsSigning; } }

        /// <summary>One of <see cref="PresenceLight"/>.</summary>
        public int Light { get { return IsOpen ? PresenceLight.Challenge : _shown; } }

        /// <summary>A login began: an answer that waits goes out in it at once.</summary>
        public void LinkBegan()
        {
            _sendAt = 0;
        }

        /// <summary>Takes what the backend says of a pairing.</summary>
        public void Take(PairChallenge message, IClock now)
        {
            bool isKnown = _challenge != null && Bytes.AreEqual(_challenge.Nonce, message.Nonce);
            if (message.Kind == PairChallenge.Challenge)
            {
                if (isKnown)
                {
                    Renew(message);
                }
                else
                {
                    Begin(message, now.UptimeMilliseconds);
                }
            }
            else if (isKnown && message.Kind == PairChallenge.Granted)
            {
                Leave();
                Show(PresenceLight.Paired, now.UptimeMilliseconds);
            }
            else if (isKnown)
            {
                Leave();
                Show(message.Reason == PairWithdrawal.Ended ? PresenceLight.None : PresenceLight.Rejected, now.UptimeMilliseconds);
            }
        }

        /// <summary>Does what is due.</summary>
        /// <param name="now">The time.</param>
        /// <param name="isSignerFree">Whether nobody else is at work with the signer.</param>
        public void Step(IClock now, bool isSignerFree)
        {
            long uptime = now.UptimeMilliseconds;
            if (uptime >= _shownUntil)
            {
                _shown = PresenceLight.None;
            }

            if (_state != Over && uptime >= _endsAt)
            {
                Leave();
            }

            if (_state == Counting)
            {
                Count(uptime);
            }
            else if (_state == Signing && _signing.Step(isSignerFree))
            {
                _sendAt = 0;
                _state = Sending;
            }
            else if (_state == Sending)
            {
                Send(now.LinkMilliseconds);
            }
        }

        private void Begin(PairChallenge challenge, long uptimeMilliseconds)
        {
            Leave();
            _challenge = challenge;
            _session = challenge.Header.Session;
            _endsAt = uptimeMilliseconds + challenge.Seconds * 1000L;
            _pressesBefore = _button == null ? 0 : _button.Presses;
            _count = 0;
            _shown = PresenceLight.None;
            _state = Counting;
        }

        // Asked again after a login: what was pressed counts, and the answer has to name this session.
        private void Renew(PairChallenge challenge)
        {
            _session = challenge.Header.Session;
            if (_state == Signing || _state == Sending)
            {
                Answer();
            }
        }

        private void Count(long uptimeMilliseconds)
        {
            int count = _button == null ? 0 : _button.Presses - _pressesBefore;
            if (count != _count)
            {
                _count = count;
                _lastPressAt = uptimeMilliseconds;
            }

            if (_count > _challenge!.Presses)
            {
                // A miscount, or somebody who plays: the person has to see that it did not count.
                Leave();
                Show(PresenceLight.Rejected, uptimeMilliseconds);
            }
            else if (_count == _challenge.Presses && uptimeMilliseconds - _lastPressAt >= Limits.PressQuietMilliseconds)
            {
                Answer();
            }
        }

        private void Answer()
        {
            PairAnswer answer = PairAnswer.Create(_identity.Id, _session, _challenge!.Nonce, _challenge.Claim);
            answer.Presses = _count;
            answer.Boot = _chain.State.Boot;
            answer.Sequence = _chain.Sequence;
            _signing.Begin(SignedMessage.PairContext, answer.Encode());
            _state = Signing;
        }

        private void Send(long linkMilliseconds)
        {
            if (_link.IsReady && linkMilliseconds >= _sendAt && _uplink.Publish(Topics.Of(_identity.Id.ToString(), Topics.PairAnswer), _signing.Message, 1))
            {
                _sendAt = linkMilliseconds + Limits.PairResendMilliseconds;
            }
        }

        private void Leave()
        {
            _state = Over;
            _signing.Drop();
        }

        private void Show(int light, long uptimeMilliseconds)
        {
            _shown = light;
            _shownUntil = uptimeMilliseconds + Limits.PairLightMilliseconds;
        }
    }
}

using System;
using DePin.Contracts;
using DePin.Contracts.Cbor;
using DePin.Contracts.Metering;
using DePin.Contracts.Moving;
using DePin.Contracts.Pairing;
using DePin.Contracts.Signing;
using DePin.Contracts.Updates;
using DePin.Contracts.Uplink;
using DePin.Node.Outbox;

namespace DePin.Node.Uplink
{
    /// <summary>
    /// Keeps one login alive: connect, subscribe, status, then one message at a time, each answered by a receipt or a reject.
    /// A lost link, a silent gateway or a forged answer costs time, never a batch.
    /// </summary>
    public sealed class UplinkSession
    {
        private readonly NodeIdentity _identity;
        private readonly IUplink _uplink;
        private readonly IDigest _digest;
        private readonly IEntropy _entropy;
        private readonly NodeCounts _counts;
        private readonly string _id;
        private readonly byte[] _session = new byte[Session.Size];
        private bool _isOpen;
        private bool _isConnecting;
        private long _deadline;
        private long _readySince;
        private bool _awaitsAnswer;

        /// <param name="identity">Who logs in.</param>
        /// <param name="uplink">The connection.</param>
        /// <param name="digest">Hash and MAC.</param>
        /// <param name="entropy">For the session and the jitter.</param>
        /// <param name="counts">What is survived is counted here.</param>
        public UplinkSession(NodeIdentity identity, IUplink uplink, IDigest digest, IEntropy entropy, NodeCounts counts)
        {
            _identity = identity;
            _uplink = uplink;
            _digest = digest;
            _entropy = entropy;
            _counts = counts;
            Retries = new Backoff(entropy);
            _id = identity.Id.ToString();
        }

        /// <summary>When it tries again after a failure.</summary>
        public Backoff Retries { get; }

        /// <summary>The session of this login, 8 bytes.</summary>
        public byte[] SessionBytes { get { return _session; } }

        /// <summary>Whether this login has its first receipt, so that the node knows what the backend wants.</summary>
        public bool IsReady { get; private set; }

        /// <summary>Whether a message may be sent now.</summary>
        public bool MaySend { get { return IsReady && !_awaitsAnswer; } }

        /// <summary>Whether something was sent that has no answer yet.</summary>
        public bool AwaitsAnswer { get { return _awaitsAnswer; } }

        /// <summary>Whether this node takes updates, so that it asks for what is said of them.</summary>
        public bool TakesUpdates { get; set; }

        /// <summary>Highest counter of a sealed message; the owner keeps it on flash.</summary>
        public long DownCounter { get; set; }

        /// <summary>Connects, gives up on silence, and answers whether a login just began and wants its status sent.</summary>
        public bool Advance(long linkMilliseconds)
        {
            if (_uplink.State == UplinkState.Up)
            {
                return AdvanceOpen(linkMilliseconds);
            }

            if (_isOpen || (_isConnecting && _uplink.State == UplinkState.Down))
            {
                Lose(linkMilliseconds);
            }
            else if (_isConnecting && linkMilliseconds >= _deadline)
            {
                _uplink.Close();
                Lose(linkMilliseconds);
            }
            else if (!_isConnecting && linkMilliseconds >= Retries.NextMilliseconds)
            {
                _entropy.Fill(_session);
                _isConnecting = true;
                _deadline = linkMilliseconds + Limits.ConnectMilliseconds;
                _uplink.Connect(_id, _identity.LoginPassword, Topics.Of(_id, Topics.Status), Status.EncodeWill(_session));
            }

            return false;
        }

        /// <summary>Waits for an answer to what was just sent; nothing else is sent before it comes or its time is over.</summary>
        public void AwaitAnswer(long linkMilliseconds)
        {
            _awaitsAnswer = true;
            _deadline = linkMilliseconds + Limits.AnswerMilliseconds;
        }

        /// <summary>Sends a message that the backend answers with a receipt or a reject.</summary>
        public void Send(string part, byte[] message, long linkMilliseconds)
        {
            if (_uplink.Publish(Topics.Of(_id, part), message, 1))
            {
                AwaitAnswer(linkMilliseconds);
            }
        }

        /// <summary>The next receipt, reject, config, word on a pairing or order to move that is truly the backend's for this login, or null.</summary>
        public object? Receive()
        {
            for (int i = 0; _isOpen && i < Limits.MessagesPerTick; i++)
            {
                Downlinked? message = _uplink.Receive();
                if (message == null)
                {
                    return null;
                }

                object? opened = Open(message);
                if (opened != null)
                {
                    return opened;
                }
            }

            return null;
        }

        /// <summary>The backend answered: the link works, and the next message may go.</summary>
        public void Answered(long linkMilliseconds)
        {
            _readySince = IsReady ? _readySince : linkMilliseconds;
            IsReady = true;
            _awaitsAnswer = false;
        }

        /// <summary>Something was settled with the backend: the next failure is the first again.</summary>
        public void Progressed()
        {
            Retries.Reset();
        }

        /// <summary>Closes the link and waits before the next attempt, after an answer that cannot be acted upon.</summary>
        public void BackOff(long linkMilliseconds)
        {
            _uplink.Close();
            Lose(linkMilliseconds);
        }

        /// <summary>Logs out.</summary>
        public void Close()
        {
            _uplink.Close();
            _isOpen = false;
            _isConnecting = false;
            IsReady = false;
            _awaitsAnswer = false;
        }

        private bool AdvanceOpen(long linkMilliseconds)
        {
            if (!_isOpen)
            {
                _isOpen = true;
                _isConnecting = false;
                AwaitAnswer(linkMilliseconds);
                _uplink.Subscribe(Topics.Of(_id, Topics.Receipt));
                _uplink.Subscribe(Topics.Of(_id, Topics.Reject));
                _uplink.Subscribe(Topics.Of(_id, Topics.Config));
                _uplink.Subscribe(Topics.Of(_id, Topics.PairChallenge));
                _uplink.Subscribe(Topics.Of(_id, Topics.SettingsOrder));
                if (TakesUpdates)
                {
                    _uplink.Subscribe(Topics.Of(_id, Topics.Update));
                }

                return true;
            }

            if (_awaitsAnswer && linkMilliseconds >= _deadline)
            {
                BackOff(linkMilliseconds);
            }

            return false;
        }

        private void Lose(long linkMilliseconds)
        {
            if (IsReady && linkMilliseconds - _readySince >= Limits.SteadyMilliseconds)
            {
                Retries.Reset();
            }

            Close();
            _counts.LinksLost++;
            Retries.Fail(linkMilliseconds);
        }

        private object? Open(Downlinked message)
        {
            bool isUpdate = message.Topic == Topics.Of(_id, Topics.Update);
            if (isUpdate && UpdateBlock.IsBlock(message.Payload))
            {
                UpdateBlock? block = UpdateBlock.Decode(message.Payload, out DecodeError _);
                _counts.Forged += block == null ? 1 : 0;
                return block;
            }

            byte[]? payload = SealedMessage.Open(_digest, _identity.DownKey, message.Topic, message.Payload);
            if (payload == null)
            {
                _counts.Forged++;
                return null;
            }

            DecodeError error = DecodeError.WrongType;
            object? opened = null;
            DownHeader? header = null;
            if (message.Topic == Topics.Of(_id, Topics.Receipt))
            {
                Receipt? receipt = Receipt.Decode(payload, out error);
                header = receipt?.Header;
                opened = receipt;
            }
            else if (message.Topic == Topics.Of(_id, Topics.Reject))
            {
                Reject? reject = Reject.Decode(payload, out error);
                header = reject?.Header;
                opened = reject;
            }
            else if (message.Topic == Topics.Of(_id, Topics.Config))
            {
                Config? config = Config.Decode(payload, out error);
                header = config?.Header;
                opened = config;
            }
            else if (message.Topic == Topics.Of(_id, Topics.PairChallenge))
            {
                PairChallenge? challenge = PairChallenge.Decode(payload, out error);
                header = challenge?.Header;
                opened = challenge;
            }
            else if (isUpdate)
            {
                UpdateNotice? notice = UpdateNotice.Decode(payload, out error);
                header = notice?.Header;
                opened = notice;
            }
            else if (message.Topic == Topics.Of(_id, Topics.SettingsOrder))
            {
                SettingsOrder? order = SettingsOrder.Decode(payload, out error);
                header = order?.Header;
                opened = order;
            }

            if (header == null)
            {
                _counts.Forged++;
                return null;
            }

            return IsCurrent(header) ? opened : null;
        }

        private bool IsCurrent(DownHeader header)
        {
            if (Session.AreEqual(header.Session, new byte[Session.Size]) && header.Node.Equals(_identity.Id))
            {
                // Sent before the backend had our status; it answers again with our session.
                return false;
            }

            if (!header.Node.Equals(_identity.Id) || !Session.AreEqual(header.Session, _session) || header.Counter <= DownCounter)
            {
                _counts.Replayed++;
                return false;
            }

            DownCounter = header.Counter;
            return true;
        }
    }
}

using DePin.Contracts;
using DePin.Contracts.Metering;
using DePin.Contracts.Moving;
using DePin.Contracts.Pairing;
using DePin.Contracts.Signing;
using DePin.Contracts.Updates;
using DePin.Contracts.Uplink;
using DePin.Node.Metering;
using DePin.Node.Moving;
using DePin.Node.Outbox;
using DePin.Node.Pairing;
using DePin.Node.Signing;
using DePin.Node.Update;
using DePin.Node.Uplink;

namespace DePin.Node
{
    /// <summary>
    /// The node itself, free of hardware, threads and wall clock:
    /// sensors -> meter -> reading -> batch (hash chain) -> signer -> outbox (flash) -> uplink (MQTT).
    /// Whoever owns the hardware calls <see cref="Tick"/> about once a second and as often as it likes.
    /// </summary>
    public sealed class Node
    {
        private readonly Chain _chain;
        private readonly Meter _meter;
        private readonly NodeTime _time = new NodeTime();
        private readonly UplinkSession _link;
        private readonly Courier _courier;
        private readonly IUplink _uplink;
        private readonly string _id;
        private readonly byte[] _firmware;
        private readonly Whereabouts? _where;
        private readonly MovingOrders? _orders;
        private Config? _pendingConfig;
        private bool _isMetering = true;
        private long _statusSentAt;
        private long _askedAtUptimeSeconds;

        /// <param name="identity">Who this node is.</param>
        /// <param name="profile">Number of the hardware profile.</param>
        /// <param name="firmware">First 8 bytes of the SHA-256 of the running bundle.</param>
        /// <param name="sensors">Measuring hardware.</param>
        /// <param name="signer">Signs batches and gaps.</param>
        /// <param name="digest">Hash and MAC.</param>
        /// <param name="flash">Files that survive power cuts.</param>
        /// <param name="uplink">The MQTT connection.</param>
        /// <param name="entropy">Random bytes.</param>
        /// <param name="outboxBytes">Flash for signed batches: what the module has, see <see cref="Limits"/>.</param>
        /// <param name="button">Pressed by whoever pairs the node; without one it answers no challenge.</param>
        /// <param name="where">Where it belongs; without it that never changes.</param>
        /// <param name="board">What updates need of the board; without it none are taken.</param>
        public Node(NodeIdentity identity, int profile, byte[] firmware, ISensors sensors, ISigner signer, IDigest digest, IFlash flash, IUplink uplink, IEntropy entropy, int outboxBytes = Limits.OutboxBytes, IButton? button = null, Whereabouts? where = null, IUpdateBoard? board = null)
        {
            Counts = new NodeCounts();
            _id = identity.Id.ToString();
            _firmware = firmware;
            _uplink = uplink;
            _where = where;
            _chain = new Chain(identity.Id, profile, firmware, signer, digest, flash, Counts, outboxBytes);
            _meter = new Meter(sensors, _chain.State.Totals, Counts);
            _link = new UplinkSession(identity, uplink, digest, entropy, Counts);
            _link.DownCounter = _chain.State.DownCounter;
            _courier = new Courier(identity, _chain, _meter, _link, signer, digest, Counts);
            Presence = new Presence(identity, _chain, _link, uplink, signer, button);
            _orders = where == null ? null : new MovingOrders(identity, where, _chain, _link, uplink, signer, digest);
            _link.TakesUpdates = board != null;
            Updater = board == null ? null : new Updater(identity, profile, firmware, _chain, _meter, _time, _link, uplink, signer, digest, entropy, flash, board);
        }

        /// <summary>What the node survived since boot.</summary>
        public NodeCounts Counts { get; }

        /// <summary>The node's half of a pairing.</summary>
        public Presence Presence { get; }

        /// <summary>Updates over the air, where the board takes them.</summary>
        public Updater? Updater { get; }

        /// <summary>Number of this start.</summary>
        public long Boot { get { return _chain.State.Boot; } }

        /// <summary>Batches closed and not yet covered by a receipt.</summary>
        public int OutboxBatches { get { return _chain.CountUnreleased; } }

        /// <summary>Sequence number of the reading being measured.</summary>
        public long Sequence { get { return _chain.Sequence; } }

        /// <summary>Lifetime counters, mWh.</summary>
        public Counters Counters { get { return _meter.Totals.ToCounters(); } }

        /// <summary>Whether the node is logged in and has heard the backend.</summary>
        public bool IsOnline { get { return _link.IsReady; } }

        /// <summary>Whether the last receipt said that credit waits for somebody's decision.</summary>
        public bool IsCreditHeld { get; private set; }

        /// <summary>Whether the board shall be stopped and started anew, so that other settings count.</summary>
        public bool WantsRestart { get { return _where != null && _where.WantsRestart; } }

        /// <summary>Whether a signature is under way, or checked, so that the next tick has work to do at once.</summary>
        public bool IsSigning { get { return !_chain.IsSignerFree || _courier.IsSigning || Presence.IsSigning || (_orders != null && _orders.IsWorking) || (Updater != null && Updater.IsBusy); } }

        /// <summary>Does what is due now: a sample every second, one step of signing, one step of the uplink.</summary>
        public void Tick(IClock now)
        {
            if (_isMetering && _meter.IsDue(now.UptimeMilliseconds))
            {
                Measure(now);
            }

            _chain.Step();
            Communicate(now);
            if (Updater != null && Updater.WantsStop)
            {
                Stop(now);
            }
        }

        /// <summary>
        /// An announced stop: closes the open reading and batch and stops metering; further ticks only sign, store and send, so
        /// that a caller may go on ticking until <see cref="OutboxBatches"/> is 0. Nothing is lost if it does not.
        /// </summary>
        public void Stop(IClock now)
        {
            if (_isMetering)
            {
                _meter.Sample(now.UptimeMilliseconds);
                CloseReading();
                _isMetering = false;
                _chain.CloseBatch();
            }
        }

        private void Measure(IClock now)
        {
            if (now.UnixSeconds > 0)
            {
                NoticeJump(_time.OfferNetworkTime(now.UnixSeconds, now.UptimeMilliseconds / 1000));
            }

            _meter.Sample(now.UptimeMilliseconds);
            if (Updater != null)
            {
                Updater.Look(_meter.Last, now.UptimeMilliseconds / 1000);
            }

            while (_meter.IsSlotOver(_chain.SlotSeconds) && CloseReading())
            {
            }
        }

        private bool CloseReading()
        {
            long uptimeSeconds = _meter.OpenedAtMilliseconds / 1000;
            Counters opening = _meter.OpeningCounters;
            Reading? reading = _meter.Close();
            if (reading == null)
            {
                return false;
            }

            // The state holds what closed readings tell, never a part of the open one: after a power cut the counters go on there.
            _chain.State.Totals = _meter.Totals.Copy();
            _chain.State.DownCounter = _link.DownCounter;
            _chain.Add(reading, opening, uptimeSeconds, _time);
            if (Updater != null && Updater.ReadingClosed(uptimeSeconds + reading.Seconds))
            {
                _chain.CloseBatch();
                Updater.BatchClosed();
            }

            ApplyConfig();
            return true;
        }

        private void NoticeJump(bool jumped)
        {
            if (!jumped)
            {
                return;
            }

            // A batch has one clock: what was measured before belongs to the batch before.
            _meter.Flag(ReadingFlags.ClockSet);
            CloseReading();
            _chain.CloseBatch();
        }

        private void Communicate(IClock now)
        {
            long link = now.LinkMilliseconds;
            if (_link.Advance(link))
            {
                _courier.Forget();
                Presence.LinkBegan();
                Updater?.LinkBegan();
                SendStatus(now);
            }

            object? message = _link.Receive();
            for (int i = 1; message != null; i++)
            {
                Handle(message, now);
                message = i < Limits.MessagesPerTick ? _link.Receive() : null;
            }

            if (!_link.AwaitsAnswer)
            {
                _askedAtUptimeSeconds = now.UptimeMilliseconds / 1000;
            }

            if (_link.MaySend && link - _statusSentAt >= _chain.State.StatusSeconds * 1000L)
            {
                SendStatus(now);
                _link.AwaitAnswer(link);
            }

            _where?.Step(now.UptimeMilliseconds, IsOnline);
            bool isReporting = (_orders != null && _orders.IsSigning) || (Updater != null && Updater.IsSigning);
            Presence.Step(now, _chain.IsSignerFree && !_courier.IsSigning && !isReporting);
            _orders?.Step(now.UptimeMilliseconds, _chain.IsSignerFree && !_courier.IsSigning && !Presence.IsSigning && (Updater == null || !Updater.IsSigning));
            Updater?.Step(now, _chain.IsSignerFree && !_courier.IsSigning && !Presence.IsSigning && (_orders == null || !_orders.IsSigning));
            if (!Presence.IsSigning && (_orders == null || !_orders.IsSigning) && (Updater == null || !Updater.IsSigning))
            {
                _courier.Advance(link);
            }
        }

        private void Handle(object message, IClock now)
        {
            if (message is Receipt receipt)
            {
                long uptimeSeconds = now.UptimeMilliseconds / 1000;
                NoticeJump(_isMetering && _time.OfferReceiptTime(receipt.UnixSeconds, uptimeSeconds, uptimeSeconds - _askedAtUptimeSeconds));
                IsCreditHeld = receipt.IsCreditHeld;
                _courier.Take(receipt, now.LinkMilliseconds);
                Updater?.Take(receipt);
            }
            else if (message is Reject reject)
            {
                _courier.Take(reject, now.LinkMilliseconds);
            }
            else if (message is PairChallenge challenge)
            {
                Presence.Take(challenge, now);
            }
            else if (message is SettingsOrder order)
            {
                // A login that came just now proves what is tried, before anybody asks how it stands.
                _where?.Step(now.UptimeMilliseconds, IsOnline);
                _orders?.Take(order, Updater?.Keys.Release);
            }
            else if (message is UpdateBlock block)
            {
                Updater?.Take(block);
            }
            else if (message is UpdateNotice notice)
            {
                Updater?.Take(notice, now);
            }
            else if (message is Config config && config.Version > _chain.State.ConfigVersion && (_pendingConfig == null || config.Version > _pendingConfig.Version))
            {
                _pendingConfig = config;
            }
        }

        private void ApplyConfig()
        {
            if (_pendingConfig == null || _chain.Sequence != _chain.State.NextSequence)
            {
                return;
            }

            _chain.State.ConfigVersion = _pendingConfig.Version;
            _chain.State.SlotSeconds = _pendingConfig.SlotSeconds;
            _chain.State.BatchReadings = _pendingConfig.BatchReadings;
            _chain.State.StatusSeconds = _pendingConfig.StatusSeconds;
            _pendingConfig = null;
            _chain.Remember();
        }

        private void SendStatus(IClock now)
        {
            long uptimeSeconds = now.UptimeMilliseconds / 1000;
            Status status = Status.Create(_link.SessionBytes, _firmware);
            status.Boot = Boot;
            status.UptimeSeconds = uptimeSeconds;
            status.Clock = _time.StateAt(uptimeSeconds);
            status.OutboxBatches = OutboxBatches;
            status.Sequence = Sequence;
            _uplink.Publish(Topics.Of(_id, Topics.Status), status.Encode(), 1);
            _statusSentAt = now.LinkMilliseconds;
        }
    }
}

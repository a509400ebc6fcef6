using DePin.Contracts.Metering;
using DePin.Contracts.Updates;
using DePin.Contracts.Uplink;

namespace DePin.Node.Update
{
    /// <summary>
    /// The trial of the firmware that runs, during one start: its first reading closes a batch, and when that batch has a receipt whose
    /// counters are not below the old firmware's, it stays. No link is no failure; a link that brings none of it for half an hour
    /// is, and so is a whole day.
    /// </summary>
    public sealed class Trial
    {
        private readonly Counters _before;
        private readonly long _secondsBefore;
        private long _batchEnd;
        private long _released;
        private long _reachedAt = -1;
        private long _reachedAtLink;
        private long _reachedLast;
        private bool _wasReady;

        /// <param name="before">Lifetime counters of the old firmware.</param>
        /// <param name="secondsBefore">Seconds of the trial before this start.</param>
        public Trial(Counters before, long secondsBefore)
        {
            _before = before;
            _secondsBefore = secondsBefore;
        }

        /// <summary>Whether the facts are there.</summary>
        public bool IsConfirmed { get; private set; }

        /// <summary>Why it has to go back, or none.</summary>
        public UpdateReason Failure { get; private set; }

        /// <summary>Seconds of the trial, over all its starts.</summary>
        public long Seconds(long uptimeSeconds)
        {
            return _secondsBefore + uptimeSeconds;
        }

        /// <summary>The first reading closed a batch.</summary>
        /// <param name="batchEnd">Sequence number behind it.</param>
        public void BatchClosed(long batchEnd)
        {
            _batchEnd = batchEnd;
        }

        /// <summary>Whether that batch is still to come.</summary>
        public bool WantsBatch { get { return _batchEnd == 0; } }

        /// <summary>The backend says what it has.</summary>
        public void Take(Receipt receipt)
        {
            _wasReady = true;
            if (receipt.Next != _released)
            {
                // It goes on: what was measured before the trial has to be sent first.
                _released = receipt.Next;
                _reachedAt = -1;
            }

            if (_batchEnd > 0 && receipt.Next >= _batchEnd && Failure == UpdateReason.None)
            {
                IsConfirmed = !IsBelow(receipt.Counters);
                Failure = IsConfirmed ? UpdateReason.None : UpdateReason.CountersFell;
            }
        }

        /// <summary>Time passes.</summary>
        /// <param name="own">Lifetime counters now: judged before a reading closes, so that nothing is signed with fallen ones.</param>
        /// <param name="isReached">Whether the gateway is there.</param>
        /// <param name="now">Clock.</param>
        public void Look(Counters own, bool isReached, IClock now)
        {
            if (Failure != UpdateReason.None || IsConfirmed)
            {
                return;
            }

            long uptimeSeconds = now.UptimeMilliseconds / 1000;
            if (IsBelow(own))
            {
                Failure = UpdateReason.CountersFell;
            }
            else if (Seconds(uptimeSeconds) >= Limits.TrialSeconds)
            {
                Failure = UpdateReason.TimedOut;
            }
            else if (isReached)
            {
                // A link that is closed for want of an answer comes back within minutes: that is one time in which it is there.
                bool isNew = _reachedAt < 0 || _batchEnd == 0 || uptimeSeconds - _reachedLast > Limits.TrialPauseSeconds;
                _reachedAt = isNew ? uptimeSeconds : _reachedAt;
                _reachedAtLink = isNew ? now.LinkMilliseconds : _reachedAtLink;
                _reachedLast = uptimeSeconds;
                JudgeReached(uptimeSeconds, now.LinkMilliseconds);
            }
        }

        private void JudgeReached(long uptimeSeconds, long linkMilliseconds)
        {
            if (uptimeSeconds - _reachedAt >= Limits.TrialReachedSeconds && linkMilliseconds - _reachedAtLink >= Limits.TrialReachedLinkMilliseconds)
            {
                Failure = _wasReady ? UpdateReason.NoReceipt : UpdateReason.NoLogin;
            }
        }

        private bool IsBelow(Counters counters)
        {
            return counters.HarvestedMilliwattHours < _before.HarvestedMilliwattHours
                || counters.DeliveredMilliwattHours < _before.DeliveredMilliwattHours
                || counters.ImportedMilliwattHours < _before.ImportedMilliwattHours;
        }
    }
}

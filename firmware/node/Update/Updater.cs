using DePin.Contracts.Cbor;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Contracts.Updates;
using DePin.Contracts.Uplink;
using DePin.Node.Metering;
using DePin.Node.Outbox;
using DePin.Node.Signing;
using DePin.Node.Uplink;

namespace DePin.Node.Update
{
    /// <summary>
    /// Takes releases over the air, in small steps beside metering:
    /// offer -> judged, signatures checked -> accepted -> blocks to flash -> hash checked -> waits for charge, day and rest -> trial,
    /// which the new firmware ends -> confirmed, or back to the old one, which says why. Whatever happens in between, the record on
    /// flash and the loader's record together tell the next start where it stands.
    /// </summary>
    public sealed class Updater
    {
        private readonly Chain _chain;
        private readonly Meter _meter;
        private readonly NodeTime _time;
        private readonly IUplink _uplink;
        private readonly IUpdateBoard _board;
        private readonly UpdateRecord _record;
        private readonly SlotRecord _slots;
        private readonly Readiness _readiness;
        private readonly OfferDesk _offers;
        private readonly ReportDesk _reports;
        private readonly BundleTransfer _transfer;
        private ReleaseManifest? _manifest;
        private Trial? _trial;
        private bool _isAlive;
        private bool _isRestarting;

        /// <summary>Puts the parts together, and finishes what a power cut left half done.</summary>
        public Updater(NodeIdentity identity, int profile, byte[] firmware, Chain chain, Meter meter, NodeTime time, UplinkSession link, IUplink uplink, ISigner signer, IDigest digest, IEntropy entropy, IFlash flash, IUpdateBoard board)
        {
            _chain = chain;
            _meter = meter;
            _time = time;
            _uplink = uplink;
            _board = board;
            _record = UpdateRecord.Load(board.Slots);
            _slots = SlotRecord.Load(board.Slots);
            _readiness = new Readiness(board.DuskMicrowatts);
            _reports = new ReportDesk(identity.Id, firmware, _record, chain, link, uplink, signer);
            Keys = new TrustedKeys(flash, digest, board.ReleaseKeys, board.RootKeys);
            _offers = new OfferDesk(profile, digest, board, Keys, _record, _slots, _reports);
            _transfer = new BundleTransfer(identity.Id, board.Slots, entropy, _record, _slots, _reports, link, uplink);
            Resume();
        }

        /// <summary>The keys whose signatures count.</summary>
        public TrustedKeys Keys { get; }

        /// <summary>Where the attempt stands: one of <see cref="UpdateState"/>, 0 where there never was an offer.</summary>
        public UpdateState State { get { return _record.State; } }

        /// <summary>Why.</summary>
        public UpdateReason Reason { get { return _record.Reason; } }

        /// <summary>Blocks on flash.</summary>
        public int BlocksHeld { get { return _transfer.BlocksHeld; } }

        /// <summary>Whether the signer is at work on a report, so that nobody else may begin.</summary>
        public bool IsSigning { get { return _reports.IsSigning; } }

        /// <summary>Whether the next step has work to do at once.</summary>
        public bool IsBusy { get { return _reports.IsSigning || _offers.IsChecking || _transfer.IsHashing || (_isRestarting && !_chain.IsSignerFree); } }

        /// <summary>Whether the link is needed: a download, a trial, or a word that was not heard.</summary>
        public bool WantsLink { get { return _trial != null || _reports.IsDue || _transfer.WantsLink; } }

        /// <summary>Whether metering shall stop in good order, since the board is about to start anew. What fallen counters measured is not kept.</summary>
        public bool WantsStop { get { return _isRestarting && _record.Reason != UpdateReason.CountersFell; } }

        /// <summary>A sample was taken.</summary>
        public void Look(Sample sample, long uptimeSeconds)
        {
            _readiness.Look(sample, uptimeSeconds);
        }

        /// <summary>A reading closed; whether its batch shall close too.</summary>
        public bool ReadingClosed(long uptimeSeconds)
        {
            ShowLife();
            if (_trial == null)
            {
                return false;
            }

            _record.TrialSeconds = _trial.Seconds(uptimeSeconds);
            _record.Save();
            return _trial.WantsBatch;
        }

        /// <summary>The batch that <see cref="ReadingClosed"/> asked for is closed.</summary>
        public void BatchClosed()
        {
            if (_trial != null)
            {
                _trial.BatchClosed(_chain.State.NextSequence);
            }
        }

        /// <summary>A login began.</summary>
        public void LinkBegan()
        {
            _reports.LinkBegan();
            _transfer.LinkBegan();
        }

        /// <summary>The backend says what it has.</summary>
        public void Take(Receipt receipt)
        {
            if (_trial != null)
            {
                _trial.Take(receipt);
            }
        }

        /// <summary>Takes a block.</summary>
        public void Take(UpdateBlock block)
        {
            _transfer.Take(block);
        }

        /// <summary>Takes what the backend says of releases and keys.</summary>
        public void Take(UpdateNotice notice, IClock now)
        {
            switch (notice.Kind)
            {
                case UpdateNotice.Offer:
                    _offers.Take(notice, now.UptimeMilliseconds / 1000, _time);
                    break;
                case UpdateNotice.Keys:
                    _offers.TakeKeys(notice);
                    break;
                case UpdateNotice.Heard:
                    _reports.Heard(notice.ReportCounter);
                    break;
                case UpdateNotice.Busy:
                    if (_record.IsAbout(notice.Release, notice.Attempt))
                    {
                        _transfer.Busy(notice.Seconds, now.LinkMilliseconds);
                    }

                    break;
                default:
                    Withdraw(notice);
                    break;
            }
        }

        /// <summary>Does one piece of what is due.</summary>
        public void Step(IClock now, bool isSignerFree)
        {
            if (_isRestarting)
            {
                Leave();
                return;
            }

            if (now.UptimeMilliseconds >= Limits.AliveSeconds * 1000)
            {
                ShowLife();
            }

            Advance(now);
            if (_offers.Step(now.UptimeMilliseconds / 1000))
            {
                Resume();
                _reports.Changed();
            }

            _reports.Step(now.LinkMilliseconds, isSignerFree);
        }

        private void Advance(IClock now)
        {
            if (_trial != null)
            {
                _trial.Look(_meter.Totals.ToCounters(), _uplink.State == UplinkState.Up, now);
                EndTrial(_trial);
            }
            else if (_record.State == UpdateState.Accepted || _record.State == UpdateState.Downloading)
            {
                _transfer.Step(now.LinkMilliseconds);
            }
            else if (_record.State == UpdateState.Verified || _record.State == UpdateState.Waiting)
            {
                Wait(now);
            }
        }

        // Where this start stands; also after an offer was accepted.
        private void Resume()
        {
            SignedRelease? release = _record.Signed.Length == 0 ? null : SignedRelease.Decode(_record.Signed, out DecodeError _);
            _manifest = release == null ? null : release.Manifest;
            if (_slots.IsTrial && (_record.State == UpdateState.Trial || _record.IsOver && _record.State != UpdateState.WentBack))
            {
                // Where the record is gone, the trial still is one: nobody hears of it, and it may fail.
                _trial = new Trial(_record.Before, _record.TrialSeconds);
            }
            else if (_record.State == UpdateState.Trial)
            {
                _record.Set(AfterTrial(out UpdateReason reason), reason);
            }
            else if (_slots.IsTrial)
            {
                // The power went between the decision to go back and the loader's record.
                _isRestarting = true;
            }
            else if (!_record.IsOver && (_manifest == null || _record.Slot == SlotRecord.Factory || _record.Slot == _slots.Active))
            {
                _record.Set(UpdateState.WentBack, UpdateReason.SlotLost);
            }

            _transfer.Resume(_manifest);
        }

        // The record says trial and the loader's does not: it was confirmed, never begun, or the loader went back.
        private UpdateState AfterTrial(out UpdateReason reason)
        {
            reason = _slots.Left == SlotRecord.LeftCrashed ? UpdateReason.Crashed
                : _slots.Left == SlotRecord.LeftHung ? UpdateReason.Hung
                : _slots.Left == SlotRecord.LeftDidNotLoad ? UpdateReason.DidNotLoad
                : _slots.Left == SlotRecord.LeftNotWhole ? UpdateReason.SlotLost : UpdateReason.None;
            bool isNew = _manifest != null && _slots.Active == _record.Slot && _slots.HasHash(_record.Slot, _manifest.BundleSha256);
            return isNew ? UpdateState.Confirmed : reason != UpdateReason.None ? UpdateState.WentBack : UpdateState.Verified;
        }

        private void Wait(IClock now)
        {
            long uptimeSeconds = now.UptimeMilliseconds / 1000;
            if (_record.State == UpdateState.Verified && !_reports.IsTold(now.LinkMilliseconds))
            {
                return;
            }

            bool knowsTime = _time.StateAt(uptimeSeconds) == ClockState.Fresh;
            UpdateReason missing = _readiness.Missing(_manifest!, knowsTime ? _time.UnixAt(uptimeSeconds) : 0, uptimeSeconds);
            if (missing == UpdateReason.None)
            {
                _isRestarting = true;
            }
            else if (_record.State != UpdateState.Waiting || _record.Reason != missing)
            {
                Set(UpdateState.Waiting, missing);
            }
        }

        private void EndTrial(Trial trial)
        {
            if (trial.IsConfirmed)
            {
                _trial = null;
                _slots.Confirm(_manifest == null ? 0 : _manifest.Security);
                _slots.Save();
                if (_record.State == UpdateState.Trial)
                {
                    Set(UpdateState.Confirmed, UpdateReason.None);
                }
            }
            else if (trial.Failure != UpdateReason.None)
            {
                GoBack(trial.Failure);
            }
        }

        private void GoBack(UpdateReason reason)
        {
            _trial = null;
            Set(UpdateState.WentBack, reason);
            _isRestarting = true;
        }

        // Metering has stopped and what was measured is being signed; then the loader's record changes, and the board starts anew.
        private void Leave()
        {
            if (!_chain.IsSignerFree)
            {
                return;
            }

            if (_slots.IsTrial)
            {
                _slots.GoBack(SlotRecord.LeftNone);
                _slots.Save();
            }
            else if (_record.State == UpdateState.Verified || _record.State == UpdateState.Waiting)
            {
                _record.Try(_meter.Totals.ToCounters());
                _board.Slots.Delete(SlotFiles.Attempts);
                _slots.Try(_record.Slot, _manifest!.BundleBytes, _manifest.Build, _manifest.BundleSha256);
                _slots.Save();
            }

            _board.Restart();
        }

        private void Withdraw(UpdateNotice notice)
        {
            _offers.Withdraw(notice);
            if (!_record.IsAbout(notice.Release, notice.Attempt) || _record.IsOver)
            {
                return;
            }

            if (_record.State != UpdateState.Trial)
            {
                _transfer.Stop();
                _isRestarting = false;
                Set(UpdateState.WentBack, UpdateReason.Withdrawn);
            }
            else if (notice.Withdrawal == UpdateWithdrawal.Recalled && _trial != null)
            {
                GoBack(UpdateReason.Withdrawn);
            }
        }

        // The loader counts the starts without such a sign.
        private void ShowLife()
        {
            if (!_isAlive)
            {
                _isAlive = true;
                _board.Slots.Delete(SlotFiles.Attempts);
            }
        }

        private void Set(UpdateState state, UpdateReason reason)
        {
            _reports.Tell(state, reason);
        }
    }
}

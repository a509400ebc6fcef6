using DePin.Contracts;
using DePin.Contracts.Identity;
using DePin.Contracts.Updates;
using DePin.Node.Outbox;
using DePin.Node.Uplink;

namespace DePin.Node.Update
{
    /// <summary>From an accepted offer to a bundle whose hash is right: the slot is emptied, blocks are fetched, and what is there is hashed.</summary>
    public sealed class BundleTransfer
    {
        private readonly string _topic;
        private readonly IFlash _flash;
        private readonly IEntropy _entropy;
        private readonly UpdateRecord _record;
        private readonly SlotRecord _slots;
        private readonly ReportDesk _reports;
        private readonly UplinkSession _link;
        private readonly IUplink _uplink;
        private ReleaseManifest? _manifest;
        private Download? _download;
        private BundleHash? _hash;
        private int _blocksReported;

        /// <summary>Puts the parts together; the caller owns them.</summary>
        public BundleTransfer(NodeId node, IFlash flash, IEntropy entropy, UpdateRecord record, SlotRecord slots, ReportDesk reports, UplinkSession link, IUplink uplink)
        {
            _topic = Topics.Of(node.ToString(), Topics.UpdateReport);
            _flash = flash;
            _entropy = entropy;
            _record = record;
            _slots = slots;
            _reports = reports;
            _link = link;
            _uplink = uplink;
        }

        /// <summary>Whether the next step has work to do at once.</summary>
        public bool IsHashing { get { return _hash != null; } }

        /// <summary>Whether the link is needed.</summary>
        public bool WantsLink { get { return _record.State == UpdateState.Accepted || (_download != null && !_download.Rests); } }

        /// <summary>Blocks on flash.</summary>
        public int BlocksHeld
        {
            get
            {
                bool isWhole = _record.State == UpdateState.Verified || _record.State == UpdateState.Waiting || _record.State == UpdateState.Trial || _hash != null;
                return _download != null ? _download.BlocksHeld : isWhole && _manifest != null ? _manifest.Blocks : 0;
            }
        }

        /// <summary>A start, or another release: goes on with what is on flash.</summary>
        public void Resume(ReleaseManifest? manifest)
        {
            Stop();
            _manifest = manifest;
            if (_record.State == UpdateState.Downloading)
            {
                Begin();
            }
        }

        /// <summary>Gives up.</summary>
        public void Stop()
        {
            _download = null;
            _hash = null;
        }

        /// <summary>A login began.</summary>
        public void LinkBegan()
        {
            if (_download != null)
            {
                _download.LinkBegan();
            }
        }

        /// <summary>The backend has no time.</summary>
        public void Busy(int seconds, long linkMilliseconds)
        {
            if (_download != null)
            {
                _download.Busy(seconds, linkMilliseconds);
            }
        }

        /// <summary>Takes a block of this release.</summary>
        public void Take(UpdateBlock block)
        {
            if (_download != null && Bytes.AreEqual(block.ReleaseId, SignedRelease.Id(_record.Release)))
            {
                _download.Take(block);
            }
        }

        /// <summary>One piece of work.</summary>
        public void Step(long linkMilliseconds)
        {
            if (_hash != null)
            {
                Check(_hash);
            }
            else if (_download != null)
            {
                Fetch(_download, linkMilliseconds);
            }
            else
            {
                Prepare(linkMilliseconds);
            }
        }

        // The slot is emptied, a file a step, before the first block comes.
        private void Prepare(long linkMilliseconds)
        {
            if (_slots.LengthOf(_record.Slot) > 0 || _slots.Former == _record.Slot)
            {
                _slots.Empty(_record.Slot);
                _slots.Save();
                return;
            }

            string[] names = _flash.List();
            for (int i = 0; i < names.Length; i++)
            {
                if (SlotFiles.IsOf(_record.Slot, names[i]))
                {
                    _flash.Delete(names[i]);
                    return;
                }
            }

            if (_reports.IsTold(linkMilliseconds))
            {
                _reports.Tell(UpdateState.Downloading, UpdateReason.None);
                Begin();
            }
        }

        private void Begin()
        {
            _download = new Download(_flash, _entropy, _record.Slot, _manifest!.BundleBytes);
            _blocksReported = _download.BlocksHeld;
            _reports.BlocksHeld = _blocksReported;
        }

        private void Fetch(Download download, long linkMilliseconds)
        {
            _reports.BlocksHeld = download.BlocksHeld;
            if (download.IsComplete)
            {
                _download = null;
                _hash = new BundleHash(_flash, _record.Slot, _manifest!.BundleBytes);
                return;
            }

            if (download.BlocksHeld >= _blocksReported + Limits.ReportBlocks)
            {
                _blocksReported = download.BlocksHeld;
                _reports.TellAgain();
            }

            int count = 0;
            int first = _link.IsReady ? download.Ask(linkMilliseconds, out count) : -1;
            if (first >= 0)
            {
                _uplink.Publish(_topic, new BlockRequest(_link.SessionBytes, SignedRelease.Id(_record.Release), first, count).Encode(), 0);
            }
        }

        private void Check(BundleHash hash)
        {
            if (!hash.Step())
            {
                return;
            }

            _hash = null;
            bool isRight = Bytes.AreEqual(hash.Result, _manifest!.BundleSha256);
            _reports.Tell(isRight ? UpdateState.Verified : UpdateState.Rejected, isRight ? UpdateReason.None : UpdateReason.HashMismatch);
        }
    }
}

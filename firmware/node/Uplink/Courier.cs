using DePin.Contracts;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Contracts.Uplink;
using DePin.Node.Metering;
using DePin.Node.Outbox;
using DePin.Node.Signing;

namespace DePin.Node.Uplink
{
    /// <summary>
    /// Decides what the backend gets next, from what it says it has: the batch that follows, or a signed gap where that batch is
    /// no more. A message that was refused is set aside, so it never blocks those behind it.
    /// </summary>
    public sealed class Courier
    {
        // Times the same batch is sent in one login before the node waits.
        private const int MaxRepeats = 4;

        private readonly NodeIdentity _identity;
        private readonly Chain _chain;
        private readonly UplinkSession _link;
        private readonly ISigner _signer;
        private readonly IDigest _digest;
        private readonly NodeCounts _counts;
        private Receipt? _receipt;
        private byte[]? _inFlightHash;
        private StoredBatch? _inFlight;
        private byte[]? _gapPayload;
        private bool _isSigningGap;
        private long _signaturesBefore;
        private long _sentFor;
        private int _sentWithoutProgress;
        private long _gapDeclaredFrom;
        private StoredBatch? _gapDeclaredFor;
        private int _gapReason = GapReason.Lost;

        /// <summary>Puts the parts together; the caller owns them.</summary>
        public Courier(NodeIdentity identity, Chain chain, UplinkSession link, ISigner signer, IDigest digest, NodeCounts counts)
        {
            _identity = identity;
            _chain = chain;
            _link = link;
            _signer = signer;
            _digest = digest;
            _counts = counts;
        }

        /// <summary>A login began: what was said before is forgotten.</summary>
        public void Forget()
        {
            _receipt = null;
            _inFlight = null;
            _inFlightHash = null;
            _gapPayload = null;
            _isSigningGap = false;
            _gapDeclaredFor = null;
        }

        /// <summary>Takes a receipt: releases what it covers, and follows the backend where this node lost its own state.</summary>
        public void Take(Receipt receipt, Meter meter)
        {
            _counts.Receipts++;
            _receipt = receipt;
            _inFlight = null;
            _inFlightHash = null;
            StoredBatch? last = _chain.Batches.EndingAt(receipt.Next);
            if (last != null && !Bytes.AreEqual(last.Hash, receipt.Head))
            {
                // The backend stored another batch under our numbers: ours is a branch.
                Leave(receipt.Next);
            }
            else if (last != null || receipt.Next <= _chain.State.NextSequence)
            {
                _chain.Release(receipt.Next);
            }
            else
            {
                _chain.ContinueAt(receipt.Next, receipt.Head, receipt.Counters, meter);
            }
        }

        /// <summary>Takes a reject: the message is set aside. Answers false when it was for nothing that is under way.</summary>
        public bool Take(Reject reject)
        {
            if (_inFlightHash == null || (!Bytes.AreEqual(reject.Hash, _inFlightHash) && (_inFlight == null || !Bytes.AreEqual(reject.Hash, _inFlight.Hash))))
            {
                _counts.Replayed++;
                return true;
            }

            _counts.Rejects++;
            StoredBatch? refused = _inFlight;
            _inFlight = null;
            _inFlightHash = null;
            if (refused == null)
            {
                // A gap was refused: nothing to set aside, and asking again at once would be a loop.
                _gapDeclaredFor = null;
                return false;
            }

            if (reject.Reason == RejectReason.Fork || reject.Reason == RejectReason.InsideGap)
            {
                Leave(_receipt!.Next);
                return true;
            }

            _chain.Batches.Remove(refused);
            _counts.BatchesSetAside++;
            _gapReason = GapReason.Rejected;
            return true;
        }

        /// <summary>Sends what is next, or does one step of signing the gap that has to go first.</summary>
        public void Advance(long linkMilliseconds)
        {
            if (_receipt == null || !_link.MaySend)
            {
                return;
            }

            if (_sentWithoutProgress >= MaxRepeats)
            {
                // The backend answers and stores nothing, perhaps because its disk is full: ask less often.
                _sentWithoutProgress = 0;
                _link.BackOff(linkMilliseconds);
                return;
            }

            if (_isSigningGap)
            {
                StepGap(linkMilliseconds);
                return;
            }

            StoredBatch? batch = _chain.Batches.FirstFrom(_receipt.Next);
            if (batch == null)
            {
                return;
            }

            if (batch.Sequence == _receipt.Next || IsDeclared(batch))
            {
                SendBatch(batch, linkMilliseconds);
            }
            else if (_chain.IsSignerFree)
            {
                StartGap(batch);
            }
        }

        private bool IsDeclared(StoredBatch batch)
        {
            return _gapDeclaredFor == batch && _gapDeclaredFrom == _receipt!.Next;
        }

        private void SendBatch(StoredBatch batch, long linkMilliseconds)
        {
            byte[]? message = _chain.Batches.Read(batch);
            if (message == null)
            {
                _counts.FilesDamaged++;
                _chain.Batches.Remove(batch);
                return;
            }

            _sentWithoutProgress = _receipt!.Next == _sentFor ? _sentWithoutProgress + 1 : 0;
            _sentFor = _receipt.Next;
            _inFlight = batch;
            _inFlightHash = _digest.Sha256(message, 0, message.Length);
            _link.Send(Topics.Batch, message, linkMilliseconds);
        }

        private void StartGap(StoredBatch follows)
        {
            Gap gap = Gap.Create(_identity.Id, _link.SessionBytes, follows.Opening, follows.Hash);
            gap.From = _receipt!.Next;
            gap.To = follows.Sequence - 1;
            gap.Reason = _chain.HasDropped && _gapReason == GapReason.Lost ? GapReason.Dropped : _gapReason;
            _gapDeclaredFrom = gap.From;
            _gapDeclaredFor = follows;
            _gapPayload = gap.Encode();
            _signer.Start(SignedMessage.ToBeSigned(SignedMessage.GapContext, _gapPayload, 0, _gapPayload.Length));
            _signaturesBefore = _chain.SignaturesStarted;
            _isSigningGap = true;
        }

        private void StepGap(long linkMilliseconds)
        {
            if (_chain.SignaturesStarted != _signaturesBefore)
            {
                // A batch closed meanwhile and took the signer: begin again when it is free.
                _isSigningGap = false;
                _gapDeclaredFor = null;
                return;
            }

            if (!_signer.Step())
            {
                return;
            }

            _isSigningGap = false;
            byte[] message = SignedMessage.Encode(_identity.Id, _gapPayload!, _signer.Signature());
            _inFlightHash = _digest.Sha256(message, 0, message.Length);
            _counts.Gaps++;
            _gapReason = GapReason.Lost;
            _chain.HasDropped = false;
            _link.Send(Topics.Gap, message, linkMilliseconds);
        }

        private void Leave(long next)
        {
            _chain.LeaveBranch(next);
            _gapReason = GapReason.Fork;
        }
    }
}

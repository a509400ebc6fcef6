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
    /// no more, or, where backend and node tell different pasts, the node's own version as evidence. A message that was refused
    /// is set aside, so it never blocks those behind it.
    /// </summary>
    public sealed class Courier
    {
        private readonly NodeIdentity _identity;
        private readonly Chain _chain;
        private readonly Meter _meter;
        private readonly UplinkSession _link;
        private readonly ISigner _signer;
        private readonly IDigest _digest;
        private readonly NodeCounts _counts;
        private Receipt? _receipt;
        private byte[]? _inFlightHash;
        private StoredBatch? _inFlight;
        private StoredBatch? _disputed;
        private byte[]? _gapPayload;
        private bool _isSigningGap;
        private long _signaturesBefore;
        private long _lastNext;
        private int _sentWithoutProgress;
        private long _gapDeclaredFrom;
        private StoredBatch? _gapDeclaredFor;

        /// <summary>Puts the parts together; the caller owns them.</summary>
        public Courier(NodeIdentity identity, Chain chain, Meter meter, UplinkSession link, ISigner signer, IDigest digest, NodeCounts counts)
        {
            _identity = identity;
            _chain = chain;
            _meter = meter;
            _link = link;
            _signer = signer;
            _digest = digest;
            _counts = counts;
        }

        /// <summary>Whether a gap is being signed.</summary>
        public bool IsSigning { get { return _isSigningGap; } }

        /// <summary>A login began: what was said before is forgotten.</summary>
        public void Forget()
        {
            _receipt = null;
            _inFlight = null;
            _inFlightHash = null;
            _disputed = null;
            _gapPayload = null;
            _isSigningGap = false;
            _gapDeclaredFor = null;
            _sentWithoutProgress = 0;
        }

        /// <summary>Takes a receipt: releases what it covers, and follows the backend where this node lost its own state.</summary>
        public void Take(Receipt receipt, long linkMilliseconds)
        {
            _counts.Receipts++;
            _link.Answered(linkMilliseconds);
            _receipt = receipt;
            bool hasEvidence = _disputed != null && _inFlight == _disputed;
            _inFlight = null;
            _inFlightHash = null;
            if (receipt.Next != _lastNext)
            {
                _lastNext = receipt.Next;
                Progress();
            }

            if (hasEvidence)
            {
                // It was answered without a refusal, so there is nothing more to say about it.
                _chain.SetAside(_disputed!, receipt.Next, GapReason.Fork);
                Progress();
            }

            Follow(receipt);
        }

        /// <summary>Takes a reject: the message is set aside, and what is behind it goes on.</summary>
        public void Take(Reject reject, long linkMilliseconds)
        {
            if (_receipt == null || _inFlightHash == null || !IsInFlight(reject.Hash))
            {
                _counts.Replayed++;
                return;
            }

            _counts.Rejects++;
            _link.Answered(linkMilliseconds);
            StoredBatch? refused = _inFlight;
            _inFlight = null;
            _inFlightHash = null;
            _gapDeclaredFor = null;
            if (refused == null)
            {
                // A gap was refused: there is nothing to set aside, and asking again at once would be a loop.
                _link.BackOff(linkMilliseconds);
                return;
            }

            if (reject.Reason == RejectReason.Fork || reject.Reason == RejectReason.InsideGap)
            {
                _chain.LeaveBranch(refused.Sequence, _receipt.Next);
            }
            else
            {
                _chain.SetAside(refused, _receipt.Next, GapReason.Rejected);
            }

            Progress();
            Follow(_receipt);
        }

        /// <summary>Sends what is next, or does one step of signing the gap that has to go first.</summary>
        public void Advance(long linkMilliseconds)
        {
            if (_receipt == null || !_link.MaySend)
            {
                return;
            }

            if (_isSigningGap)
            {
                StepGap(linkMilliseconds);
                return;
            }

            StoredBatch? batch = _disputed ?? _chain.Batches.FirstFrom(_receipt.Next);
            if (batch == null)
            {
                return;
            }

            if (_sentWithoutProgress >= Limits.MaxRepeats)
            {
                // The backend answers and stores nothing, perhaps because its disk is full: ask less often.
                _link.BackOff(linkMilliseconds);
            }
            else if (batch == _disputed || batch.Sequence == _receipt.Next || IsDeclared(batch))
            {
                SendBatch(batch, linkMilliseconds);
            }
            else if (_chain.IsSignerFree)
            {
                StartGap(batch);
            }
        }

        private void Progress()
        {
            _sentWithoutProgress = 0;
            _link.Progressed();
        }

        private bool IsInFlight(byte[] hash)
        {
            return Bytes.AreEqual(hash, _inFlightHash!) || (_inFlight != null && Bytes.AreEqual(hash, _inFlight.Hash));
        }

        // What the newest receipt means for what is on flash.
        private void Follow(Receipt receipt)
        {
            _disputed = Disputed(receipt);
            if (_disputed != null)
            {
                return;
            }

            if (receipt.Next > _chain.State.NextSequence)
            {
                _chain.ContinueAt(receipt.Next, receipt.Head, receipt.Counters, _meter);
            }
            else
            {
                _chain.Release(receipt.Next);
            }
        }

        // Somebody else went on under this node's name: the batch of ours that the backend stored another one instead of.
        private StoredBatch? Disputed(Receipt receipt)
        {
            StoredBatch? last = _chain.Batches.Holding(receipt.Next - 1);
            if (last != null)
            {
                return last.Next == receipt.Next && Bytes.AreEqual(last.Hash, receipt.Head) ? null : last;
            }

            // A node that never had a receipt and meets one from its own future lost its state; any other was overtaken.
            bool isOvertaken = _chain.State.Released > 1 && receipt.Next > _chain.State.NextSequence;
            return isOvertaken ? _chain.Batches.FirstFrom(_chain.State.Released) : null;
        }

        private bool IsDeclared(StoredBatch batch)
        {
            return batch.IsSameAs(_gapDeclaredFor) && _gapDeclaredFrom == _receipt!.Next;
        }

        private void SendBatch(StoredBatch batch, long linkMilliseconds)
        {
            byte[]? message = _chain.Batches.Read(batch);
            if (message == null)
            {
                Lose(batch);
                return;
            }

            _sentWithoutProgress++;
            _inFlight = batch;
            _inFlightHash = _digest.Sha256(message, 0, message.Length);
            _link.Send(Topics.Batch, message, linkMilliseconds);
        }

        private void Lose(StoredBatch batch)
        {
            _counts.FilesDamaged++;
            _chain.Batches.Remove(batch);
            Follow(_receipt!);
        }

        private void StartGap(StoredBatch follows)
        {
            Counters? opening = _chain.Batches.Opening(follows);
            if (opening == null)
            {
                Lose(follows);
                return;
            }

            Gap gap = Gap.Create(_identity.Id, _link.SessionBytes, opening, follows.Hash);
            gap.From = _receipt!.Next;
            gap.To = follows.Sequence - 1;
            gap.Reason = _chain.State.GapReason;
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
            _inFlight = null;
            _inFlightHash = _digest.Sha256(message, 0, message.Length);
            _counts.Gaps++;
            _link.Send(Topics.Gap, message, linkMilliseconds);
        }
    }
}

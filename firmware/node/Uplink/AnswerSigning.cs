using DePin.Contracts.Identity;
using DePin.Contracts.Signing;
using DePin.Node.Outbox;
using DePin.Node.Signing;

namespace DePin.Node.Uplink
{
    /// <summary>
    /// Signs one answer at a time with the signer that batches take whenever one closes: an answer waits until it is free, and begins again
    /// where a batch took it in between.
    /// </summary>
    public sealed class AnswerSigning
    {
        private readonly NodeId _node;
        private readonly ISigner _signer;
        private readonly Chain _chain;
        private string _context = "";
        private byte[] _payload = new byte[0];
        private long _signaturesBefore;

        /// <summary>Puts the parts together; the caller owns them.</summary>
        public AnswerSigning(NodeId node, ISigner signer, Chain chain)
        {
            _node = node;
            _signer = signer;
            _chain = chain;
        }

        /// <summary>Whether the signer is at work on the answer, so that nobody else may begin.</summary>
        public bool IsSigning { get; private set; }

        /// <summary>The signed answer, when <see cref="Step"/> said so.</summary>
        public byte[] Message { get; private set; } = new byte[0];

        /// <summary>Takes what shall be signed; what was before is dropped.</summary>
        public void Begin(string context, byte[] payload)
        {
            _context = context;
            _payload = payload;
            IsSigning = false;
        }

        /// <summary>Gives up.</summary>
        public void Drop()
        {
            IsSigning = false;
        }

        /// <summary>Does one piece of work; true when <see cref="Message"/> is there.</summary>
        /// <param name="isSignerFree">Whether nobody else is at work with the signer.</param>
        public bool Step(bool isSignerFree)
        {
            if (!IsSigning)
            {
                if (isSignerFree)
                {
                    _signer.Start(SignedMessage.ToBeSigned(_context, _payload, 0, _payload.Length));
                    _signaturesBefore = _chain.SignaturesStarted;
                    IsSigning = true;
                }

                return false;
            }

            if (_chain.SignaturesStarted != _signaturesBefore)
            {
                // A batch closed meanwhile and took the signer: begin again when it is free.
                IsSigning = false;
                return false;
            }

            if (!_signer.Step())
            {
                return false;
            }

            IsSigning = false;
            Message = SignedMessage.Encode(_node, _payload, _signer.Signature());
            return true;
        }
    }
}

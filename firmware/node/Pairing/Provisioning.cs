using DePin.Contracts.Cbor;
using DePin.Contracts.Flashing;
using DePin.Contracts.Identity;
using DePin.Contracts.Signing;
using DePin.Node.Moving;
using DePin.Node.Outbox;
using DePin.Node.Signing;
using DePin.Node.Uplink;

namespace DePin.Node.Pairing
{
    /// <summary>
    /// Settings and identity, in steps. Settings go to flash first, so that who has an identity has settings. A board that has an
    /// identity proves it again and never makes a second one, unless it is told by name which one the new one succeeds; the name
    /// of that is kept in the file "former", so that the same request, asked again after a power cut, finds its work done.
    /// </summary>
    public sealed class Provisioning
    {
        /// <summary>Name of the file with the id that the identity succeeded.</summary>
        public const string FormerFileName = "former";

        private readonly FlashRequest _request;
        private readonly IBoard _board;
        private readonly IDigest _digest;
        private readonly IFlash _flash;
        private readonly IEntropy _entropy;
        private bool _isBegun;
        private IdentityMaking? _making;
        private IdentityFile? _identity;
        private NodeIdentity? _names;
        private byte[] _payload = new byte[0];
        private ManagedSigner? _signer;

        /// <param name="request">What is asked.</param>
        /// <param name="board">The hardware.</param>
        /// <param name="digest">Hash and MAC.</param>
        /// <param name="flash">Where it is stored.</param>
        /// <param name="entropy">The node's own.</param>
        public Provisioning(FlashRequest request, IBoard board, IDigest digest, IFlash flash, IEntropy entropy)
        {
            _request = request;
            _board = board;
            _digest = digest;
            _flash = flash;
            _entropy = entropy;
        }

        /// <summary>One of <see cref="FlashRefusal"/>, or 0.</summary>
        public int Refusal { get; private set; }

        /// <summary>The answer, when <see cref="Step"/> said so and nothing was refused.</summary>
        public BoardIdentity? Identity { get; private set; }

        /// <summary>Does one piece of work; true when there is an answer or a refusal.</summary>
        public bool Step()
        {
            if (!_isBegun)
            {
                _isBegun = true;
                Refusal = Begin();
                return Refusal != 0;
            }

            if (_making != null)
            {
                IdentityFile? made = _making.Step();
                if (made != null)
                {
                    _making = null;
                    made.Save(_flash);
                    _identity = IdentityFile.Load(_flash);
                    Refusal = _identity == null ? FlashRefusal.IdentityDamaged : 0;
                }

                return Refusal != 0;
            }

            if (_signer == null)
            {
                BeginProof(_identity!);
                return false;
            }

            if (!_signer.Step())
            {
                return false;
            }

            EndProof(_signer.Signature());
            return true;
        }

        private int Begin()
        {
            NodeSettings? settings = NodeSettings.Decode(_request.Settings, 0, _request.Settings.Length, out DecodeError _);
            if (settings == null)
            {
                return FlashRefusal.WrongSettings;
            }

            if (settings.Profile != _board.Profile)
            {
                return FlashRefusal.WrongProfile;
            }

            if (IdentityFile.IsDamaged(_flash))
            {
                return FlashRefusal.IdentityDamaged;
            }

            _identity = IdentityFile.Load(_flash);
            bool succeeds = false;
            if (_identity != null && _request.Node.Length > 0)
            {
                byte[]? former = _flash.Read(FormerFileName);
                succeeds = NodeId.FromKeyHash(_digest.Sha256(_identity.PublicKey, 0, _identity.PublicKey.Length)).Matches(_request.Node, 0);
                if (!succeeds && (former == null || !Bytes.AreEqual(former, _request.Node)))
                {
                    return FlashRefusal.OtherIdentity;
                }
            }

            _flash.Write(SettingsFile.FileName, _request.Settings);

            // Whoever has the cable says where the node belongs from now on.
            _flash.Delete(Whereabouts.FileName);
            _board.SetTime(_request.UnixSeconds);
            if (_identity == null || succeeds)
            {
                BeginMaking();
            }

            return 0;
        }

        private void BeginMaking()
        {
            if (_request.Node.Length > 0)
            {
                _flash.Write(FormerFileName, _request.Node);
            }

            _identity = null;
            byte[] own = new byte[IdentityMaking.EntropyBytes];
            _entropy.Fill(own);
            _making = new IdentityMaking(_digest, own, _request.Entropy);
        }

        private void BeginProof(IdentityFile identity)
        {
            byte[] nonce = new byte[BoardIdentity.NonceBytes];
            _entropy.Fill(nonce);
            _names = new NodeIdentity(_digest, identity.PublicKey, identity.Secret);
            _payload = BoardIdentity.Payload(identity.PublicKey, _request.Entropy, nonce);
            _signer = new ManagedSigner(_digest, identity.PrivateKey, identity.PublicKey);
            _signer.Start(SignedMessage.ToBeSigned(SignedMessage.FlashContext, _payload, 0, _payload.Length));
        }

        private void EndProof(byte[] signature)
        {
            BoardIdentity answer = new BoardIdentity();
            answer.Proof = SignedMessage.Encode(_names!.Id, _payload, signature);
            answer.LoginPassword = NodeSecret.LoginKey(_digest, _identity!.Secret);
            answer.DownKey = _names.DownKey;
            Identity = answer;
        }
    }
}

using System.Net;
using System.Net.Sockets;
using DePin.Node.Moving;

namespace DePin.Node.Esp32
{
    /// <summary>Answers the phone that wants an address on the board's own Wi-Fi; the stock system is built without a DHCP server.</summary>
    public sealed class LeaseSocket
    {
        private readonly byte[] _buffer = new byte[600];
        private readonly int _port;
        private readonly IPEndPoint _phone;
        private Socket? _socket;

        /// <param name="port">UDP port to listen on.</param>
        /// <param name="phone">Where answers go: a broadcast, since the phone has no address yet.</param>
        public LeaseSocket(int port, IPEndPoint phone)
        {
            _port = port;
            _phone = phone;
        }

        /// <summary>Answers what came.</summary>
        public void Step()
        {
            try
            {
                if (_socket == null)
                {
                    Socket socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                    socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Broadcast, true);
                    socket.Bind(new IPEndPoint(IPAddress.Any, _port));
                    _socket = socket;
                }

                if (_socket.Poll(0, SelectMode.SelectRead))
                {
                    EndPoint from = new IPEndPoint(IPAddress.Any, 0);
                    byte[]? answer = AddressLease.Answer(_buffer, _socket.ReceiveFrom(_buffer, ref from));
                    if (answer != null)
                    {
                        _socket.SendTo(answer, _phone);
                    }
                }
            }
            catch (SocketException)
            {
                // No network yet: the phone asks again, and so does the next round.
            }
        }
    }
}

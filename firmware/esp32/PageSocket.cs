using System;
using System.Net;
using System.Net.Sockets;
using DePin.Node.Moving;

namespace DePin.Node.Esp32
{
    /// <summary>The local page's TCP port. Looked at once a round; opened as soon as the system lets it, since binding fails before a phone has joined.</summary>
    public sealed class PageSocket : IVisitors
    {
        private const int SendMilliseconds = 2000;
        private readonly int _port;
        private Socket? _listener;
        private Socket? _visitor;

        /// <param name="port">TCP port, 80 on a board.</param>
        public PageSocket(int port)
        {
            _port = port;
        }

        /// <inheritdoc />
        public int Receive(byte[] buffer)
        {
            try
            {
                if (_listener == null)
                {
                    Socket listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                    try
                    {
                        listener.Bind(new IPEndPoint(IPAddress.Any, _port));
                        listener.Listen(2);
                        _listener = listener;
                    }
                    finally
                    {
                        // Each round tries again: what could not be bound must not pile up.
                        if (_listener == null)
                        {
                            listener.Close();
                        }
                    }
                }

                if (_visitor == null)
                {
                    if (!_listener.Poll(0, SelectMode.SelectRead))
                    {
                        return -1;
                    }

                    _visitor = _listener.Accept();
                    _visitor.SendTimeout = SendMilliseconds;
                }

                if (!_visitor.Poll(0, SelectMode.SelectRead))
                {
                    return 0;
                }

                int count = _visitor.Receive(buffer);
                if (count > 0)
                {
                    return count;
                }
            }
            catch (SocketException)
            {
                // No network yet, or a phone that went: there is nobody.
            }

            Drop();
            return -1;
        }

        /// <inheritdoc />
        public void Answer(byte[] answer)
        {
            try
            {
                for (int sent = 0; _visitor != null && sent < answer.Length;)
                {
                    sent += _visitor.Send(answer, sent, answer.Length - sent, SocketFlags.None);
                }
            }
            catch (SocketException problem)
            {
                Console.WriteLine("The page's visitor went: " + problem.Message);
            }

            Drop();
        }

        /// <inheritdoc />
        public void Drop()
        {
            if (_visitor != null)
            {
                _visitor.Close();
                _visitor = null;
            }
        }
    }
}

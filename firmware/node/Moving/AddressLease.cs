using System;

namespace DePin.Node.Moving
{
    /// <summary>
    /// Gives the one phone on the node's own Wi-Fi its address, as DHCP (RFC 2131) has it: the board's system has no such server.
    /// One phone may join at a time, so there is one address; no router and no name server, so the phone keeps its own way to the net.
    /// </summary>
    public static class AddressLease
    {
        /// <summary>UDP port that phones ask on.</summary>
        public const int ServerPort = 67;

        /// <summary>UDP port that they are answered on.</summary>
        public const int ClientPort = 68;

        private const int Options = 240;
        private const int Size = 300;
        private const int Discover = 1;
        private const int Offer = 2;
        private const int Request = 3;
        private const int Acknowledge = 5;
        private const int Refuse = 6;

        /// <summary>The answer to a phone, to be broadcast; null where it needs none, or is no such message.</summary>
        public static byte[]? Answer(byte[] message, int count)
        {
            // BOOTREQUEST over Ethernet with the magic cookie of options.
            if (count < Options || message[0] != 1 || message[1] != 1 || message[2] != 6 || message[236] != 99 || message[237] != 130 || message[238] != 83 || message[239] != 99)
            {
                return null;
            }

            int type = 0;
            bool isOurs = true;

            // A phone that renews names its address in the header, one that begins names it in an option.
            bool isRight = IsAddress(message, 12, 2);
            int at = Options;
            while (at + 1 < count && message[at] != 255)
            {
                int length = message[at] == 0 ? -1 : message[at + 1];
                if (at + 1 + length >= count)
                {
                    return null;
                }

                if (message[at] == 53 && length == 1)
                {
                    type = message[at + 2];
                }
                else if (message[at] == 54)
                {
                    // Another server's offer was taken.
                    isOurs = length == 4 && IsAddress(message, at + 2, 1);
                }
                else if (message[at] == 50)
                {
                    isRight = length == 4 && IsAddress(message, at + 2, 2);
                }

                at += 2 + length;
            }

            return !isOurs || (type != Discover && type != Request) ? null : Make(message, type == Discover ? Offer : isRight ? Acknowledge : Refuse);
        }

        // 192.168.4.1 is the node, 192.168.4.2 the phone; 600 s are all that there is.
        private static byte[] Make(byte[] message, int type)
        {
            byte[] answer = new byte[Size];
            Array.Copy(message, answer, 44);
            answer[0] = 2;
            Array.Clear(answer, 12, 16);
            if (type != Refuse)
            {
                PutAddress(answer, 16, 2);
            }

            Array.Copy(message, 236, answer, 236, 4);
            answer[240] = 53;
            answer[241] = 1;
            answer[242] = (byte)type;
            answer[243] = 54;
            answer[244] = 4;
            PutAddress(answer, 245, 1);
            if (type == Refuse)
            {
                answer[249] = 255;
                return answer;
            }

            answer[249] = 51;
            answer[250] = 4;
            answer[253] = 2;
            answer[254] = 88;
            answer[255] = 1;
            answer[256] = 4;
            answer[257] = 255;
            answer[258] = 255;
            answer[259] = 255;
            answer[261] = 255;
            return answer;
        }

        private static void PutAddress(byte[] bytes, int offset, byte last)
        {
            bytes[offset] = 192;
            bytes[offset + 1] = 168;
            bytes[offset + 2] = 4;
            bytes[offset + 3] = last;
        }

        private static bool IsAddress(byte[] bytes, int offset, byte last)
        {
            return bytes[offset] == 192 && bytes[offset + 1] == 168 && bytes[offset + 2] == 4 && bytes[offset + 3] == last;
        }
    }
}
